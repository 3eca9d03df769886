// Parts that several figures are built from: buttons, menus, a form of one number, and the verdict on a prediction.
import { h } from './text.js';

export const button = (text, act, main) => h('button', { type: 'button', class: `bp-button${main ? ' bp-main' : ''}`, onclick: act }, text);

/** Act, and keep a control where it is on the screen: nothing that unfolds may push it from under the reader's finger. */
export function steadily(control, act) {
  const page = document.documentElement, top = control?.getBoundingClientRect().top;
  page.style.overflowAnchor = 'none'; // the browser would rather hold the text below, and move the control
  clearTimeout(steadily.later);
  steadily.later = setTimeout(() => page.style.removeProperty('overflow-anchor'), 300);
  act();
  if (!(top >= 0 && top < innerHeight) || !control.getClientRects().length || 'bpMoves' in control.dataset) return;
  const by = control.getBoundingClientRect().top - top;
  if (by) scrollBy({ top: by, behavior: 'instant' });
}

/** A menu for the choice `key`; `chosen` says what a choice sets, the key alone if it is not given. */
export function menu(view, key, labels, name, chosen = (value) => ({ [key]: value })) {
  const options = Object.entries(labels).map(([value, text]) => h('option', { value }, text));
  const select = h('select', { id: view.id(key), class: 'bp-select', 'aria-label': name, style: 'max-width: 100%' }, ...options);
  select.addEventListener('change', () => view.set(chosen(select.value)));
  return select;
}

/** A form that acts on its button and on Enter in its box, which a notebook may swallow. */
export function form(className, act, box, ...children) {
  const element = h('form', { class: className, novalidate: true }, ...children);
  const now = (event) => {
    event.preventDefault();
    act();
  };
  element.addEventListener('submit', now);
  box.addEventListener('keydown', (event) => event.key === 'Enter' && now(event));
  return element;
}

export const verdictBox = () => h('div', { class: 'bp-verdict', hidden: true });

/** Show in a verdict box what became of a prediction; `title` and `text` are HTML. */
export function judge(verdict, kind, title, text) {
  const mark = { correct: '✓', rounding: '≈' }[kind] ?? '✗';
  verdict.hidden = false;
  verdict.dataset.kind = kind;
  verdict.innerHTML = `<span class="bp-mark" aria-hidden="true">${mark}</span><p><b>${title}</b> ${text}</p>`;
}

/** A prediction that is checked by going to the last step: decide() gives [right, title, text]. The verdict stands as
 *  long as the state's `keys` and the step stay; call update(state) after every change. */
export function predicted(view, keys, decide) {
  const element = verdictBox(), last = view.spec.state.step.max;
  let state, judged = '';
  const shape = () => keys.map((key) => state[key]).join();
  const check = () => {
    judged = shape();
    view.set({ step: last });
    const [right, title, text] = decide();
    judge(element, right ? 'correct' : 'other', title, text);
    view.say(`${title} ${text}`);
  };
  const update = (next) => {
    state = next;
    if (judged !== shape() || state.step !== last) element.hidden = true;
  };
  return { element, check, update };
}
