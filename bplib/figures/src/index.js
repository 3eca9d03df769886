// The one script of the figures: a classic script, loaded by the book's pages or written into a notebook's output.
import { figure, figures, upgradeFigures } from './kit.js';
import { upgradeQuizzes } from './quiz.js';
import './worked_example.js';

// A notebook brings the script once for each output: the first one stays, the others only wake their element.
if (!window.bplibFigures) {
  const upgrade = (root = document) => {
    upgradeFigures(root);
    upgradeQuizzes(root);
  };
  window.bplibFigures = { figures, figure, upgrade };
  if (!document.currentScript?.src) {
    // In a notebook an output may join the page after its script ran; while a page is being read it may be half there.
    const whole = () => document.readyState !== 'loading' && upgrade();
    new MutationObserver(whole).observe(document.documentElement, { childList: true, subtree: true });
  }
  document.addEventListener('DOMContentLoaded', () => upgrade());
}
window.bplibFigures.upgrade();
