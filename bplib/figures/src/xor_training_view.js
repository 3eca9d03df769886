// XOR's training drawn: the boundary among the inputs, the corners as the hidden units see them, the loss, nine gradients.
import { button, fmt, h, judge, prose, spoken, svgMath, verdictBox } from 'bplib-figures';
import { axisBottom, axisLeft } from 'd3-axis';
import { scaleLinear, scaleLog } from 'd3-scale';
import { create } from 'd3-selection';
import { line } from 'd3-shape';
import { EPOCHS, forward, outcome, run, status } from './xor_training.js';

const ink = (name, more = '') => `stroke:var(--bp-${name});fill:none;stroke-width:2;${more}`;
const FILL = 'fill:var(--bp-forward)';
const LABELS = ['x_1 → h_1', 'x_2 → h_1', 'x_1 → h_2', 'x_2 → h_2', 'bias of h_1', 'bias of h_2', 'h_1 → ŷ', 'h_2 → ŷ', 'bias of ŷ'];
const LEFT = 44, TOP = 10, BELOW = 34;

function frame(svg, width, height, x, y, ticksX, ticksY, nameX, nameY) {
  svg.attr('width', width).attr('height', height).attr('viewBox', `0 0 ${width} ${height}`).selectAll('*').remove();
  const axis = (made, place) => svg.append('g').attr('class', 'bp-axis').attr('transform', place).call(made);
  axis(axisBottom(x).tickValues(ticksX).tickSizeOuter(0).tickFormat((t) => fmt(t)), `translate(0,${height - BELOW})`);
  axis(axisLeft(y).tickValues(ticksY).tickSizeOuter(0).tickFormat((t) => (t < 0.01 && t > 0 ? `10⁻${'⁰¹²³⁴'[-Math.log10(t)]}` : fmt(t))), `translate(${LEFT},0)`);
  svgMath(svg.append('text').attr('class', 'bp-local').attr('x', width - 4).attr('y', height - 2).attr('text-anchor', 'end'), nameX);
  svgMath(svg.append('text').attr('class', 'bp-local').attr('x', 2).attr('y', TOP + 14), nameY);
}

/** A circle where the target is 1, a cross where it is 0, with a line of text beside it. */
function corners(svg, points, texts) {
  points.forEach(([x, y], i) => {
    if (i % 3) svg.append('circle').attr('cx', x).attr('cy', y).attr('r', 6).attr('style', FILL);
    else svg.append('path').attr('d', `M${x - 5} ${y - 5}l10 10m0 -10l-10 10`).attr('style', ink('ink', 'stroke-width:2.5'));
    if (texts) svg.append('text').attr('class', 'bp-local').attr('x', x + (i > 1 ? 10 : -10)).attr('y', y + 5).attr('text-anchor', i > 1 ? 'start' : 'end').text(texts[i]);
  });
}

/** Where z > 0, as rows of boxes, and where z = 0, as short lines (marching squares). */
function regions(w, x, y, low, high, n = 40) {
  const place = (i) => low + ((high - low) * i) / n;
  const z = Array.from({ length: n + 1 }, (_, j) => Array.from({ length: n + 1 }, (_, i) => forward(w, place(i), place(j))[2]));
  const px = (i) => x(place(i)).toFixed(1), py = (j) => y(place(j)).toFixed(1);
  let inside = '', edge = '';
  for (let j = 0; j < n; j += 1) {
    for (let i = 0, from = -1; i <= n; i += 1) {
      const on = i < n && z[j][i] + z[j][i + 1] + z[j + 1][i] + z[j + 1][i + 1] > 0;
      if (on && from < 0) from = i;
      if (!on && from >= 0) {
        inside += `M${px(from)} ${py(j)}H${px(i)}V${py(j + 1)}H${px(from)}Z`;
        from = -1;
      }
      if (i === n) continue;
      const ring = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const cuts = ring.flatMap(([a, b], k) => {
        const [c, d] = ring[(k + 1) % 4], from = z[b][a], to = z[d][c];
        if (from > 0 === to > 0) return [];
        const t = from / (from - to);
        return [`${px(a + t * (c - a))} ${py(b + t * (d - b))}`];
      });
      for (let k = 0; k + 1 < cuts.length; k += 2) edge += `M${cuts[k]}L${cuts[k + 1]}`;
    }
  }
  return { inside, edge };
}

function drawInputs(svg, size, now) {
  const x = scaleLinear([-0.4, 1.4], [LEFT, size - 6]), y = scaleLinear([-0.4, 1.4], [size - BELOW, TOP]);
  frame(svg, size, size, x, y, [0, 1], [0, 1], 'x_1', 'x_2');
  const { inside, edge } = regions(now.w, x, y, -0.4, 1.4);
  svg.append('path').attr('d', inside || null).attr('style', `${FILL};opacity:.16`);
  svg.append('path').attr('d', edge || null).attr('style', ink('forward'));
  corners(svg, [[0, 0], [0, 1], [1, 0], [1, 1]].map(([a, b]) => [x(a), y(b)]), now.p.map((p) => p.toFixed(2)));
  svg.attr('aria-label', `The square of the inputs. Predictions: ${['0 0', '0 1', '1 0', '1 1'].map((c, i) => `at ${c} ${now.p[i].toFixed(2)}`).join(', ')}.`);
}

/** The part of w6 h1 + w7 h2 + w8 = 0 inside ±r, as two points; none where the line is elsewhere or there is none. */
function clipped(w, r) {
  const [a, b, c] = w.slice(6), square = a * a + b * b;
  if (!square) return null;
  let [from, to] = [-9, 9];
  const foot = [(-c * a) / square, (-c * b) / square], way = [-b, a].map((d) => d / Math.sqrt(square));
  foot.forEach((p, i) => {
    const t = [(-r - p) / way[i], (r - p) / way[i]].sort((u, v) => u - v);
    if (Math.abs(way[i]) > 1e-9) [from, to] = [Math.max(from, t[0]), Math.min(to, t[1])];
    else if (Math.abs(p) > r) to = -10;
  });
  return from < to && [from, to].map((t) => foot.map((p, i) => p + t * way[i]));
}

function drawHidden(svg, size, now) {
  const x = scaleLinear([-1.15, 1.15], [LEFT, size - 6]), y = scaleLinear([-1.15, 1.15], [size - BELOW, TOP]);
  frame(svg, size, size, x, y, [-1, 0, 1], [-1, 0, 1], 'h_1', 'h_2');
  const path = line(([a, b]) => +x(a).toFixed(1), ([a, b]) => +y(b).toFixed(1));
  const fine = [...Array(17).keys()].map((i) => i / 16);
  for (const k of [0, 0.25, 0.5, 0.75, 1]) {
    for (const along of [fine.map((t) => forward(now.w, k, t)), fine.map((t) => forward(now.w, t, k))]) {
      svg.append('path').attr('d', path(along)).attr('style', ink('line', 'stroke-width:1'));
    }
  }
  const cut = clipped(now.w, 1.15);
  svg.append('path').attr('d', cut ? path(cut) : null).attr('style', ink('forward'));
  corners(svg, [0, 1, 2, 3].map((i) => [x(now.a[2 * i]), y(now.a[2 * i + 1])]));
  svg.attr('aria-label', `The corners as the hidden units see them: ${[0, 1, 2, 3].map((i) => `${fmt(now.a[2 * i], 2)} and ${fmt(now.a[2 * i + 1], 2)}`).join(', ')}.`);
}

function drawLoss(svg, width, height, state, epochs, revealed) {
  const x = scaleLinear([0, EPOCHS], [LEFT, width - 12]), y = scaleLog([1e-4, 0.5], [height - BELOW, TOP]).clamp(true);
  frame(svg, width, height, x, y, [0, 100, 200, 300, 400], [1e-4, 1e-3, 1e-2, 0.1], 'epoch', '');
  const path = line((now, t) => +x(t).toFixed(1), (now) => +y(now.loss).toFixed(1)).defined((now) => Number.isFinite(now.loss));
  if (revealed) svg.append('path').attr('d', path(epochs)).attr('style', ink('reference', 'stroke-width:1.5;stroke-dasharray:4 4'));
  svg.append('path').attr('d', path(epochs.slice(0, state.epoch + 1))).attr('style', ink('loss'));
  const { loss } = epochs[state.epoch];
  svg.append('circle').attr('cx', x(state.epoch)).attr('cy', y(loss)).attr('r', 5).attr('style', 'fill:var(--bp-loss)');
  svg.attr('aria-label', `The loss up to epoch ${state.epoch}, on a log axis; it is ${fmt(loss, 3)} there.`);
}

function drawGradients(svg, width, now) {
  const row = 25, height = row * 9 + 8, x = scaleLog([1e-6, 0.1], [96, width - 84]).clamp(true);
  svg.attr('width', width).attr('height', height).attr('viewBox', `0 0 ${width} ${height}`).selectAll('*').remove();
  now.g.forEach((g, i) => {
    const y = row * i + row / 2 + 4;
    const write = (at, markup, css, align) => svgMath(svg.append('text').attr('class', css).attr('x', at).attr('y', y + 5).attr('text-anchor', align), markup);
    write(0, LABELS[i], 'bp-local', 'start');
    write(width - 2, '', 'bp-local bp-gradient', 'end').text(fmt(g, 2));
    const long = g ? Math.max(2, x(Math.abs(g)) - x(1e-6)) : 0;
    svg.append('rect').attr('class', 'bp-bar bp-shrinks').attr('x', x(1e-6)).attr('y', y - 7).attr('width', long).attr('height', 14).attr('rx', 2);
  });
  svg.attr('aria-label', spoken(`The nine gradients: ${now.g.map((g, i) => `${LABELS[i]} ${fmt(g, 2)}`).join(', ')}.`));
}

const WORDS = {
  solves: ['It solves XOR.', 'All four corners end on their right side.'],
  moves: ['It moves, and does not solve it.', 'After 400 epochs a corner is still on the wrong side or on the boundary.'],
  nothing: ['Nothing moves.', 'All nine gradients are 0, at every epoch and for every learning rate.'],
};

function makePrediction(view, change) {
  const verdict = verdictBox();
  let state, asked;
  const tell = (said) => {
    const truth = outcome(state), hit = said === truth;
    asked = [state.start, state.eta, state.scale].join();
    const why = truth === 'moves' && state.start === 'constant' ? ' The two units have the same weights and get the same gradients, so they stay one unit.' : '';
    const text = `${WORDS[truth][1]}${why} The dashed line shows the loss to come.`;
    const title = hit ? 'Correct.' : WORDS[truth][0];
    judge(verdict, hit ? 'correct' : 'other', title, prose(text));
    view.say(`${title} ${text}`);
    change();
  };
  const buttons = Object.entries(WORDS).map(([key, [text]]) => button(text, () => tell(key)));
  const element = h('div', { class: 'bp-predict' }, h('p', { class: 'bp-lead' }, 'Predict: where will these starting weights be after 400 epochs?'),
    h('div', { class: 'bp-row' }, ...buttons), verdict);
  const update = (next) => {
    state = next;
    if ([state.start, state.eta, state.scale].join() === asked) return true;
    verdict.hidden = true;
    return false;
  };
  return { element, update };
}

export function build(view) {
  const options = view.spec.state.start.options.map((name) => h('option', { value: name }, name));
  const select = h('select', { id: view.id('start'), class: 'bp-select', onchange: () => view.set({ start: select.value, epoch: 0 }) }, ...options);
  const train = button('Train', () => (timer ? stop() : go()), true);
  const told = h('p', { class: 'bp-moral' });
  const panel = (title) => {
    const svg = create('svg').attr('role', 'img');
    return { svg, element: h('div', {}, h('p', { class: 'bp-where' }, title), svg.node()) };
  };
  const panels = [panel('inputs, with predictions'), panel('the same corners, seen by the hidden units'), panel('loss'), panel('gradient at each weight and bias (log scale)')];
  const grid = h('div', { style: 'display:flex;flex-wrap:wrap;gap:1em 24px;margin:1em 0' }, ...panels.map(({ element }) => element));
  let timer = 0, drawn = {};
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    train.textContent = 'Train';
  };
  const advance = (to) => {
    view.set({ epoch: Math.min(EPOCHS, to) }, 'epoch');
    if (drawn.epoch !== Math.min(EPOCHS, to) || to >= EPOCHS) stop(); // the end, or a number that cannot be drawn
  };
  const go = () => {
    if (drawn.epoch === EPOCHS) view.set({ epoch: 0 }, 'epoch');
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return advance(EPOCHS);
    let expected = drawn.epoch;
    train.textContent = 'Stop';
    const tick = () => {
      if (drawn.epoch !== expected || !view.body.isConnected) return stop(); // somebody else has moved t
      expected = Math.min(EPOCHS, expected + 4);
      advance(expected);
    };
    timer = setInterval(tick, 50);
    tick(); // at once: a Reset before the first beat then moves t, and is noticed
  };
  const prediction = makePrediction(view, () => draw(drawn));
  view.body.append(h('div', { class: 'bp-row' }, h('label', { for: view.id('start') }, 'start'), select, train, h('span', { class: 'bp-gap' }), view.toolbar),
    prediction.element, view.controls, view.message, told, grid);

  function draw(state) {
    const same = ['start', 'eta', 'scale'].every((key) => drawn[key] === state[key]);
    if (timer && !same) stop();
    drawn = state;
    const width = Math.floor(view.narrow ? Math.min(view.width, 340) : (view.width - 24) / 2);
    const epochs = run(state), now = view.spec.at(state);
    const revealed = prediction.update(state);
    select.value = state.start;
    told.textContent = status(state);
    drawInputs(panels[0].svg, width, now);
    drawHidden(panels[1].svg, width, now);
    drawLoss(panels[2].svg, width, 225, state, epochs, revealed);
    drawGradients(panels[3].svg, width, now);
  }
  return draw;
}
