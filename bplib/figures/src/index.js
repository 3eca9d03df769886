// The script that all figures share: a classic script, loaded by the book's pages or written into a notebook's output.
// Each figure's own script follows it.
import { figure, figures, missingFigures, upgradeFigures } from './kit.js';
import { upgradeQuizzes } from './quiz.js';
import * as shared from './shared.js';

// A notebook brings the script once for each output: the first one stays, the others only wake their element.
const inBook = Boolean(document.currentScript?.src);
if (!window.bplibFigures) {
  const upgrade = (root = document) => {
    upgradeFigures(root);
    upgradeQuizzes(root);
  };
  // In the book, an element wakes as it comes near, or at once if the address names a state.
  const upgradeInTime = () => {
    if (!inBook || !window.IntersectionObserver || location.hash.includes('=')) return upgrade();
    const near = new IntersectionObserver(entries => {
      for (const { target } of entries.filter(entry => entry.isIntersecting)) {
        near.unobserve(target);
        upgrade(target.parentElement);
      }
    }, { rootMargin: '900px' });
    document.querySelectorAll('[data-bp-figure], [data-bp-quiz]').forEach(element => near.observe(element));
  };
  window.bplibFigures = { figures, figure, shared, upgrade };
  if (!inBook) {
    // In a notebook an output may join the page after its script ran; while a page is being read it may be half there.
    const whole = () => document.readyState !== 'loading' && upgrade();
    new MutationObserver(whole).observe(document.documentElement, { childList: true, subtree: true });
  }
  document.addEventListener('DOMContentLoaded', upgradeInTime);
  window.addEventListener('load', missingFigures);
}
