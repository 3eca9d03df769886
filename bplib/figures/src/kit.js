// The base that every interactive figure stands on. Chapter 03 is the first to use it.
//
// A new figure, NAME:
//   1. src/NAME.js calls  figure('NAME', spec); it imports the kit from 'bplib-figures' and becomes a script of its own.
//   2. bplib/figures/NAME.py holds STATE, CAPTION, still(state), alt(state) and fixtures(rng), the last computed
//      by the library; it is listed in bplib/figures/__init__.py. The tests find both by name.
//
// spec = {
//   title       what a screen reader calls the figure
//   state       {key: number(…) | steps(…) | choice(…) | words(…)} from state.js: ranges, defaults; checked wherever it comes from
//   compute     (state) → {name: number}: the arithmetic and nothing else; tested to 1e-12 against fixtures(rng)
//   build       (view) → draw(state, numbers): make the elements once; draw is called after every change and resize
//   last        (state) → the last step in this state, where it varies; without it, the `step` declared in the state
//   announce    (state, numbers, before) → what to say after a change (markup of text.js)
// }
// view = {spec, body, width, narrow, set(patch, key), step(by), say(text), warn(text), id(word)}
// and the kit's own parts, to be placed where the figure wants them: view.toolbar (back, next, play, undo, reset;
// only with a `step` in the state), view.controls (a slider and a box for each number), view.message.
// What the kit does alone: the address bar, undo, reset, keys, touch, play and pause, the live region, a message for
// every value that cannot be used, and a NaN or Infinity out of compute is never drawn. Nothing moves by itself: a
// figure that animates asks matchMedia('(prefers-reduced-motion: reduce)') first.
import { steadily } from './parts.js';
import { firstInAddress, fromAddress, read, readAll, toAddress } from './state.js';
import { fmt, h, math, spoken } from './text.js';

export const figures = {};
const NARROW = 620;
const PLAY_EVERY = 1800;
let count = 0;

/** Register a figure; elements that ask for it by name come alive at the next upgrade. */
export function figure(name, spec) {
  figures[name] = spec;
}

/** Make every waiting figure under `root` live; a figure that cannot start leaves its still and one line. */
export function upgradeFigures(root) {
  for (const element of root.querySelectorAll('[data-bp-figure]:not([data-bp-is])')) {
    const name = element.dataset.bpFigure;
    if (!figures[name]) continue; // its own script is still to come, and will ask again
    const still = element.querySelector('.bp-still');
    try {
      element.dataset.bpIs = 'live';
      mount(element, name, figures[name], still);
    } catch (error) {
      element.querySelector('.bp-live')?.remove();
      if (still) still.hidden = false;
      leaveStill(element, error.message);
    }
  }
}

/** Say of every figure whose script did not come, now that the page has loaded, why it is still. */
export function missingFigures() {
  for (const element of document.querySelectorAll('[data-bp-figure]:not([data-bp-is])')) {
    const name = element.dataset.bpFigure;
    if (!figures[name]) leaveStill(element, `there is no figure “${name}”`);
  }
}

function leaveStill(element, reason) {
  element.dataset.bpIs = 'still';
  const note = element.querySelector('.bp-nojs') ?? element.appendChild(h('p', { class: 'bp-nojs' }));
  note.textContent = `Still picture: the interactive figure could not start (${reason}).`;
}

const numeric = (spec) => Object.entries(spec.state).filter(([, setting]) => setting.sign);

function mount(root, name, spec, still) {
  const serial = (count += 1);
  const twins = [...document.querySelectorAll(`[data-bp-figure="${name}"]`)];
  const address = twins.indexOf(root) > 0 ? `${name}-${twins.indexOf(root) + 1}` : name;
  const inPage = !document.body.matches('[data-jp-theme-light], [class*="vscode"]'); // a notebook's address is not ours
  const defaults = Object.fromEntries(Object.entries(spec.state).map(([key, setting]) => [key, setting.value]));
  const start = readAll(spec.state, JSON.parse(root.dataset.bpState || '{}'), defaults);
  const first = start.state;
  let state = first;
  let numbers = {};
  let draw = () => {};
  const past = [];
  const last = () => spec.last?.(state) ?? spec.state.step?.max;
  let touched = { key: null, at: 0 };
  let timer = 0;

  const live = h('div', { class: 'bp-live', role: 'group', 'aria-label': spec.title });
  const region = h('div', { class: 'bp-said', 'aria-live': 'polite', 'aria-atomic': 'true' });
  const message = h('p', { class: 'bp-message', hidden: true });
  const view = { spec, body: h('div', { class: 'bp-body' }), width: 0, narrow: false, message };
  view.id = (word) => `bp-${name}-${serial}-${word}`;

  view.say = (text) => {
    clearTimeout(view.saying);
    view.saying = setTimeout(() => (region.textContent = spoken(text)), 200);
  };
  view.warn = (text) => {
    message.hidden = !text;
    message.textContent = text ?? '';
    if (text) view.say(text);
  };

  /** Compute, then draw; what is not finite is said and not drawn. False when it could not be drawn. */
  const render = () => {
    const next = spec.compute(state);
    const bad = Object.entries(next).find(([, value]) => !Number.isFinite(value));
    controls.forEach((control) => control.update());
    toolbar.update();
    if (bad) {
      view.warn(`${bad[0]} is ${bad[1]} with these numbers, so nothing new is drawn. Undo, Reset or a smaller number mends it.`);
      return false;
    }
    numbers = next;
    draw(state, numbers);
    return true;
  };

  let used = null; // the control in use
  const become = (next, problems) => {
    const before = state;
    state = next;
    steadily(used, () => {
      view.warn(problems?.join(' '));
      if (render() && !problems?.length) view.say(spec.announce(state, numbers, before));
    });
    if (inPage) {
      clearTimeout(view.writing);
      view.writing = setTimeout(() => toAddress(address, state, first), 150);
    }
  };

  /** Change the state. Changes of one `key` in quick succession (a slider's drag) are one undo. */
  view.set = (patch, key = null, problems = []) => {
    const next = { ...state, ...patch };
    if (Object.keys(next).some((each) => next[each] !== state[each])) {
      const now = Date.now();
      if (key === null || key !== touched.key || now - touched.at > 1000) past.push(state);
      touched = { key, at: now };
    } else if (!problems.length) {
      steadily(used, () => view.warn());
      return controls.forEach((control) => control.update());
    }
    become(next, problems);
  };
  view.step = (by) => {
    view.set({ step: Math.min(last(), Math.max(spec.state.step.min, Math.min(last(), state.step) + by)) });
  };
  const undo = () => {
    stop();
    if (!past.length) return view.say('Nothing to undo');
    touched = { key: null, at: 0 };
    become(past.pop());
  };
  const reset = () => {
    stop();
    view.set(first);
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    toolbar.update();
  };
  const play = () => {
    if (timer) return stop();
    if (state.step >= last()) view.set({ step: spec.state.step.min });
    else view.step(1); // at once: a button that does nothing for a while seems broken
    if (state.step >= last()) return stop();
    timer = setInterval(() => {
      if (!root.isConnected) return stop();
      view.step(1);
      if (state.step >= last()) stop();
    }, PLAY_EVERY);
    toolbar.update();
  };
  const walk = (by) => {
    stop();
    view.step(by);
  };

  const toolbar = makeToolbar(spec, { walk, play, undo, reset }, () => ({ state, last: last(), playing: timer > 0, past: past.length }));
  const controls = numeric(spec).map(([key, setting]) => makeControl(view, key, setting, () => state));
  view.toolbar = toolbar.element;
  view.controls = h('div', { class: 'bp-controls', role: 'group', 'aria-label': 'Numbers you can change' });
  view.controls.append(...controls.map((control) => control.element));

  for (const kind of ['pointerdown', 'keydown']) {
    live.addEventListener(kind, ({ target }) => (used = target.closest('button, input, select')), true);
  }
  live.addEventListener('keydown', (event) => {
    const undoing = event.key === 'z' && (event.ctrlKey || event.metaKey);
    if (event.altKey || ((event.ctrlKey || event.metaKey) && !undoing)) return;
    if (event.target.matches('input, select, textarea')) return; // arrows and letters belong to the field
    const act = undoing ? undo : { ArrowRight: () => walk(1), ArrowLeft: () => walk(-1) }[event.key];
    if (!act || (!undoing && !spec.state.step)) return;
    event.preventDefault();
    act();
  });

  if (still) still.after(live);
  else root.append(live);
  live.append(view.body, region);
  draw = spec.build(view);
  for (const part of [view.toolbar, view.controls, message]) if (!part.isConnected) live.insertBefore(part, region);

  const fit = () => {
    const width = Math.floor(view.body.clientWidth) || NARROW;
    if (width === view.width) return;
    Object.assign(view, { width, narrow: width < NARROW });
    draw(state, numbers);
  };
  const asked = inPage ? readAll(spec.state, fromAddress(address), first) : { state: first, problems: [] };
  state = asked.state;
  if (still) still.hidden = true;
  root.querySelector('.bp-nojs')?.setAttribute('hidden', '');
  Object.assign(view, { width: Math.floor(view.body.clientWidth) || NARROW });
  view.narrow = view.width < NARROW;
  const problems = [...start.problems, ...asked.problems];
  if (render() && problems.length) view.warn(problems.join(' '));
  if (window.ResizeObserver) new ResizeObserver(fit).observe(view.body);
  if (inPage && firstInAddress(address)) root.scrollIntoView();
  window.addEventListener('hashchange', ({ newURL }) => {
    const wanted = fromAddress(address, new URL(newURL).hash); // by now the address may hold an older change of ours
    if (!inPage || !Object.keys(wanted).length) return;
    const found = readAll(spec.state, wanted, first);
    view.set(found.state, null, found.problems);
  });
}

function makeToolbar(spec, { walk, play, undo, reset }, now) {
  const button = (label, act, hint) => h('button', { type: 'button', class: 'bp-button', title: hint, onclick: act }, label);
  const back = button('Back', () => walk(-1), 'Left arrow key');
  const next = button('Next step', () => walk(1), 'Right arrow key');
  const playing = button('Play', play);
  const undoing = button('Undo', undo, 'Ctrl+Z');
  const again = button('Reset', reset);
  next.classList.add('bp-main');
  const element = h('div', { class: 'bp-toolbar', role: 'group', 'aria-label': 'Steps' });
  const { step } = spec.state;
  element.append(...(step ? [back, next, playing] : []), h('span', { class: 'bp-gap' }), undoing, again);
  // A button that has nothing to do is aria-disabled, not disabled: the focus stays where it is.
  const off = (which, yes) => which.setAttribute('aria-disabled', String(Boolean(yes)));
  const update = () => {
    const { state, last, playing: runs, past } = now();
    off(undoing, past === 0);
    if (!step) return;
    off(back, state.step === step.min);
    off(next, state.step >= last);
    playing.textContent = runs ? 'Pause' : 'Play';
  };
  return { element, update };
}

function makeControl(view, key, setting, now) {
  const { min, max, step, sign, name } = setting;
  const label = h('label', { for: view.id(key), html: `${math(sign)}<span class="bp-hidden">, ${name}</span>` });
  const slider = h('input', { type: 'range', id: view.id(key), min, max, step });
  const box = h('input', { type: 'text', inputmode: 'text', class: 'bp-box', 'aria-label': `${name}, as a number`, autocomplete: 'off', spellcheck: 'false' });
  slider.addEventListener('input', () => view.set({ [key]: read(setting, key, slider.value).value }, key));
  const take = () => {
    const { value, problem } = read(setting, key, box.value, now()[key]);
    view.set({ [key]: value }, null, problem ? [problem] : []);
  };
  let entered = false; // Enter takes the value at once; the change event that may follow brings nothing new
  box.addEventListener('input', () => { entered = false; });
  box.addEventListener('change', () => entered || take());
  box.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    entered = true;
    take();
  });
  const update = () => {
    const value = now()[key];
    slider.value = value;
    slider.setAttribute('aria-valuetext', fmt(value));
    box.value = String(value).replace('-', '−');
  };
  return { element: h('div', { class: 'bp-control' }, label, slider, box), update };
}
