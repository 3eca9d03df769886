// The lines as tiles: dragged, tapped in and out, or moved by arrow keys; below them the gradients that the program makes.
import { button, fmt, h, judge, svgMath, verdictBox } from 'bplib-figures';
import { scaleLinear } from 'd3-scale';
import { create } from 'd3-selection';
import PROGRAMS from '../parsons.json';
import { draggable, middle } from './dragging.js';
import { judged, results } from './parsons.js';

const ROW = 26;
const sign = (name) => name.replace(/^(d?)([wWx])(\d?)/, (_, d, letter, digit) => `${d ? '∂L/∂' : ''}${letter}${digit ? `_${digit}` : ''}`);

/** The program's numbers as bars, the true ones as frames around where they should end. */
function drawBars(svg, view, state, numbers) {
  const rows = results(numbers), shown = state.run === 'yes';
  const values = rows.flatMap(([, mine, truth]) => [mine ?? 0, truth]), left = 92, right = 74;
  const x = scaleLinear([Math.min(0, ...values), Math.max(1e-9, ...values)], [left, view.width - right]);
  const height = rows.length * ROW + 8;
  svg.attr('width', view.width).attr('height', height).attr('viewBox', `0 0 ${view.width} ${height}`).selectAll('*').remove();
  rows.forEach(([name, mine, truth], i) => {
    const y = 4 + i * ROW;
    const bar = (value, inset, style) => svg.append('rect').attr('x', Math.min(x(0), x(value))).attr('width', Math.abs(x(value) - x(0)))
      .attr('y', y + inset).attr('height', ROW - 6 - 2 * inset).attr('style', style);
    svgMath(svg.append('text').attr('x', 0).attr('y', y + 15), sign(name));
    if (!shown) return;
    if (mine !== undefined) bar(mine, 4, 'fill: var(--bp-gradient)');
    bar(truth, 0, 'fill: none; stroke: var(--bp-reference); stroke-width: 2; stroke-dasharray: 4 3');
    const css = mine === undefined ? 'bp-unknown' : 'bp-gradient';
    svg.append('text').attr('class', css).attr('text-anchor', 'end').attr('x', view.width - 2).attr('y', y + 15).text(mine === undefined ? '–' : fmt(mine, 3));
  });
  const said = rows.map(([name, mine, truth]) => `${name}: ${mine === undefined ? 'not made' : fmt(mine)}, truly ${fmt(truth)}`);
  svg.attr('aria-label', shown ? `The results. ${said.join('; ')}.` : 'The results; the program has not been run.');
}

export function build(view) {
  let state;
  const task = h('p', { class: 'bp-lead' }), verdict = verdictBox();
  const list = h('div', { class: 'bp-lines', role: 'group', 'aria-label': 'The lines: those of the program, then those left out' });
  const fence = h('p', { class: 'bp-fence' });
  const svg = create('svg').attr('role', 'img').attr('style', 'margin-top: 1em');
  const program = () => PROGRAMS[state.program];
  const change = (order) => view.set({ order: order.join(''), run: 'no' });

  /** Put a line at a place of the program, or leave it out with a place behind its end. */
  const place = (letter, at) => {
    const rest = [...state.order].filter((each) => each !== letter);
    if (at <= rest.length) rest.splice(Math.max(0, at), 0, letter);
    change(rest);
  };
  const tiles = Object.fromEntries([...'ABCDEFGH'].map((letter) => {
    const grip = h('span', { class: 'bp-grip', 'aria-hidden': 'true' }, '⠿');
    const code = h('code', {}), where = h('span', { class: 'bp-hidden' });
    const tile = h('button', { type: 'button', class: 'bp-button bp-line' }, grip, h('b', {}, letter), code, where);
    const dragged = draggable(tile, 'Y', (y) => {
      const above = [...state.order].filter((each) => each !== letter && middle(tiles[each].tile, 'Y') < y).length;
      place(letter, y > middle(fence, 'Y') ? 99 : above);
    }, grip);
    tile.addEventListener('click', () => dragged() || place(letter, state.order.includes(letter) ? 99 : state.order.length));
    tile.addEventListener('keydown', (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const at = state.order.indexOf(letter);
      if (at >= 0) place(letter, at + by);
      else if (by < 0) place(letter, state.order.length);
    });
    return [letter, { tile, code, where }];
  }));
  const go = button('Run it', () => view.set({ run: 'yes' }), true);
  const show = button('Show a right order', () => view.set({ order: program().right, run: 'yes' }));
  view.body.append(task, list, h('p', { class: 'bp-moral' }, 'Drag a line, tap it to put it in or take it out, or move it with the arrow keys.'),
    h('div', { class: 'bp-row', style: 'margin: .8em 0' }, go, show), verdict, svg.node(), view.toolbar, view.message, view.controls);

  return (next, numbers) => {
    state = next;
    const order = [...state.order], focused = document.activeElement;
    const rest = [...'ABCDEFGH'].filter((letter) => !order.includes(letter));
    task.textContent = program().task;
    for (const [letter, { tile, code, where }] of Object.entries(tiles)) {
      const at = order.indexOf(letter);
      code.textContent = program().lines[letter];
      where.textContent = at < 0 ? ', left out' : `, number ${at + 1} of ${order.length}`;
      tile.classList.toggle('bp-out', at < 0);
    }
    fence.textContent = order.length ? (rest.length ? '↑ the program · left out ↓' : '↑ the program · nothing is left out') : 'The program is empty. To choose from:';
    list.replaceChildren(...order.map((letter) => tiles[letter].tile), fence, ...rest.map((letter) => tiles[letter].tile));
    if (list.contains(focused)) focused.focus();
    drawBars(svg, view, state, numbers);
    verdict.hidden = state.run === 'no';
    if (state.run === 'no') return;
    const [right, title, text] = judged(state, numbers);
    judge(verdict, right ? 'correct' : 'other', title, text);
  };
}
