// The factors as tiles that can be dragged, exchanged or moved by arrow keys; below them what shapes and values say.
import { button, fit, fmt, h, judge, math, verdictBox } from 'bplib-figures';
import { scaleLinear } from 'd3-scale';
import { create } from 'd3-selection';
import { draggable, middle } from './dragging.js';
import { shape, shapes, signOf, tables, values } from './shapes.js';

const CSS = { W: 'bp-parameter', d: 'bp-gradient', D: 'bp-value' };
const html = (sign) => ({ Wᵀ: '<i>W</i><sup>⊤</sup>', 'δ above': '<i>δ</i> above' })[sign] ?? `<i>${sign}</i>`;

/** A table of numbers as a grid of cells. */
function grid(M, css, size) {
  const [rows, columns] = [M.length, M[0].length];
  const at = scaleLinear([0, 1], [0, size]);
  const svg = create('svg').attr('aria-hidden', 'true').attr('width', at(columns)).attr('height', at(rows))
    .attr('viewBox', `-1 -1 ${at(columns) + 2} ${at(rows) + 2}`);
  M.forEach((row, i) => row.forEach((value, j) => {
    svg.append('rect').attr('class', `bp-cell ${css}`).attr('x', at(j)).attr('y', at(i)).attr('width', size).attr('height', size);
    svg.append('text').attr('class', value ? css : 'bp-unknown').attr('text-anchor', 'middle').attr('x', at(j + 0.5)).attr('y', at(i + 0.5) + 5)
      .style('font-size', `${size < 40 ? 12 : 16}px`).text(fit((size - 1) / (size < 40 ? 12 : 16), (digits) => fmt(value, Math.min(digits, 3))));
  }));
  return svg.node();
}

export function build(view) {
  let state;
  let picked = null;
  const tiles = {};
  const row = h('div', { class: 'bp-tiles', role: 'group', 'aria-label': 'The factors, from left to right' });
  const joints = [0, 1].map(() => h('span', { class: 'bp-joint', 'aria-hidden': 'true' }));
  const move = (order) => {
    picked = null;
    view.set({ order, guess: 'none' });
  };
  const shift = (sign, to) => {
    const rest = [...state.order].filter((each) => each !== sign);
    rest.splice(Math.max(0, Math.min(2, to)), 0, sign);
    move(rest.join(''));
  };
  for (const sign of 'WdD') {
    const tile = h('button', { type: 'button', class: 'bp-button bp-tile' });
    tiles[sign] = tile;
    const dragged = draggable(tile, 'X', (x) => {
      shift(sign, [...state.order].filter((each) => each !== sign && middle(tiles[each], 'X') < x).length);
    });
    tile.addEventListener('click', () => {
      if (dragged()) return undefined;
      if (picked === null) {
        picked = sign;
        view.say(`${signOf(sign, state)} is chosen; choose another to exchange them`);
      } else if (picked === sign) picked = null;
      else return move([...state.order].map((each) => ({ [sign]: picked, [picked]: sign })[each] ?? each).join(''));
      return draw();
    });
    tile.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      shift(sign, state.order.indexOf(sign) + by);
    });
  }
  const nets = ['3 to 2', '2 to 2'].map((net) => button(`${net[0]} units below, 2 above`, () => view.set({ net, guess: 'none' })));
  const turn = button('Transpose W', () => view.set({ turned: state.turned === 'no' ? 'yes' : 'no', guess: 'none' }), true);
  const guesses = { yes: 'It is δ below', no: 'It only fits' };
  const ask = h('div', { class: 'bp-row' }, h('b', {}, 'Predict:'),
    ...Object.entries(guesses).map(([guess, label]) => button(label, () => shapes(state).ok && view.set({ guess }))));
  const fitting = h('p', { class: 'bp-fits' });
  const pair = h('div', { class: 'bp-pair' });
  const verdict = verdictBox();
  view.body.append(
    h('p', { class: 'bp-lead' }, 'Put the factors in order until the shapes fit. Is the product δ below?'),
    h('div', { class: 'bp-row bp-nets', role: 'group', 'aria-label': 'Units' }, ...nets),
    row, h('p', { class: 'bp-moral' }, 'Drag a factor, choose two to exchange them, or move one with the arrow keys.'),
    h('div', { class: 'bp-row bp-turn' }, turn), fitting, ask, pair, verdict, view.toolbar, view.message, view.controls,
  );

  let last;
  const draw = (next = state, numbers = last) => {
    [state, last] = [next, numbers];
    const all = tables(state), size = view.narrow ? 27 : 46;
    const said = shapes(state);
    const focused = document.activeElement;
    [...state.order].forEach((sign, i) => {
      const name = signOf(sign, state), M = all[sign];
      const words = M.map((cells) => cells.map((v) => fmt(v, 3)).join(', ')).join('; ');
      tiles[sign].setAttribute('aria-pressed', String(picked === sign));
      tiles[sign].replaceChildren(h('span', { class: 'bp-name', html: html(name) }), grid(M, CSS[sign], size), h('span', { class: 'bp-shape' }, shape(M)),
        h('span', { class: 'bp-hidden' }, `: ${words}. Place ${i + 1} of 3.`));
      if (i === 0) return;
      const ok = all[state.order[i - 1]][0].length === M.length;
      joints[i - 1].textContent = ok ? '✓' : '✗';
      joints[i - 1].dataset.kind = ok ? 'correct' : 'wrong';
    });
    const [a, b, c] = [...state.order].map((sign) => tiles[sign]);
    row.replaceChildren(a, joints[0], b, joints[1], c);
    if (row.contains(focused)) focused.focus();
    nets.forEach((button, i) => button.setAttribute('aria-pressed', String(state.net === ['3 to 2', '2 to 2'][i])));
    turn.setAttribute('aria-pressed', String(state.turned === 'yes'));
    fitting.textContent = said.text;
    fitting.dataset.kind = said.ok ? 'correct' : 'wrong';
    pair.hidden = !said.ok;
    const shown = said.ok && state.guess !== 'none';
    verdict.hidden = !shown;
    [...ask.querySelectorAll('button')].forEach((button, i) => {
      button.setAttribute('aria-pressed', String(shown && state.guess === Object.keys(guesses)[i]));
      button.setAttribute('aria-disabled', String(!said.ok)); // nothing to judge before the shapes fit
    });
    if (!said.ok) return;
    const list = (name) => all.D.map((_, i) => fmt(numbers[`${name}${i + 1}`], 3)).join(',&ensp;');
    pair.innerHTML = `<span>the product</span><span class="bp-m">(${list('p')})</span><span>nudging ${math('z')}</span>`
      + `<span class="bp-m">${shown ? `(<span class="bp-g">${list('n')}</span>)` : '?'}</span>`;
    if (!shown) return;
    const { kind, title, text } = values(state, numbers);
    judge(verdict, kind, title, text);
  };
  return draw;
}
