// Chapter 16: a small net trained with random feedback; the angle between each hidden layer's update and the gradient.
// The same numbers from the library: bplib/figures/alignment.py.
import { button, choice, figure, h, menu, number, predicted, steps } from 'bplib-figures';
import { axisBottom, axisLeft } from 'd3-axis';
import { scaleLinear } from 'd3-scale';
import { create } from 'd3-selection';
import { line } from 'd3-shape';
import { dot, generator, nextSeed, table } from './draws.js';

const SIZES = [4, 8, 8, 2], EXAMPLES = 24, LAST = 60, EACH = 5, BELOW = 60;
const RULES = { fa: 'feedback alignment', frozen: 'hidden layers frozen', backprop: 'backpropagation' };
const GUESSES = { two: 'layer 2, next to the output', one: 'layer 1, next to the input', both: 'both at once' };

const flip = (M) => M[0].map((_, j) => M.map((row) => row[j]));
const times = (A, M) => A.map((a) => M.map((row) => dot(a, row))); // A Mᵀ
const length = (M) => Math.sqrt(M.reduce((sum, row) => sum + dot(row, row), 0));

function angle(U, V) {
  const u = length(U), v = length(V);
  const side = (sign) => length(U.map((row, i) => row.map((x, j) => x / u + (sign * V[i][j]) / v)));
  return (2 * Math.atan2(side(-1), side(1)) * 180) / Math.PI;
}

function train({ eta, size, draw, rule }) {
  const next = generator(Math.floor(draw + 0.5));
  const x = table(EXAMPLES, 4, () => 2 * next());
  const y = x.map(([a, b, c]) => (a * b + c > 0 ? 1 : 0));
  const scaled = (rows, columns, inputs, by) => table(rows, columns, () => by * Math.sqrt(3 / inputs) * next());
  const W = SIZES.slice(1).map((n, l) => scaled(n, SIZES[l], SIZES[l], size));
  const B = [1, 2].map((l) => scaled(SIZES[l], SIZES[l + 1], 8, 1));
  const b = SIZES.slice(1).map((n) => Array(n).fill(0));
  const path = { one: [], two: [], loss: [] };
  for (let update = 0; ; update += 1) {
    const a = [x];
    W.forEach((w, l) => a.push(times(a[l], w).map((row) => row.map((v, i) => (l < 2 ? Math.tanh(v + b[l][i]) : v + b[l][i])))));
    const p = a[3].map((row) => {
      const top = Math.max(...row), e = row.map((v) => Math.exp(v - top)), total = e[0] + e[1];
      return e.map((v) => v / total);
    });
    const error = p.map((row, n) => row.map((v, k) => (v - (k === y[n])) / EXAMPLES));
    const back = (M, delta, l) => times(delta, M).map((row, n) => row.map((v, i) => v * (1 - a[l][n][i] ** 2)));
    const deltas = (matrices) => {
      const second = back(matrices[1], error, 2);
      return [back(matrices[0], second, 1), second, error];
    };
    const gradient = (found) => found.map((delta, l) => times(flip(delta), flip(a[l])));
    const truth = [flip(W[1]), flip(W[2])];
    const found = deltas(rule === 'backprop' ? truth : B), changes = gradient(found);
    if (update % EACH === 0) {
      const real = gradient(deltas(truth));
      path.one.push(angle(changes[0], real[0]));
      path.two.push(angle(changes[1], real[1]));
      path.loss.push(-p.reduce((sum, row, n) => sum + Math.log(row[y[n]]), 0) / EXAMPLES);
    }
    if (update === LAST * EACH) return path;
    for (let l = rule === 'frozen' ? 2 : 0; l < 3; l += 1) {
      W[l] = W[l].map((row, i) => row.map((w, j) => w - eta * changes[l][i][j]));
      b[l] = b[l].map((v, i) => v - eta * found[l].reduce((sum, row) => sum + row[i], 0));
    }
  }
}

let kept = {};
const run = (state) => {
  const key = [state.eta, state.size, state.draw, state.rule].join();
  if (kept.key !== key) kept = { key, path: train(state) };
  return kept.path;
};

/** The angles and the loss at the step, and the step from which each layer stays below 60°, −1 for none. */
export function compute(state) {
  const path = run(state);
  const from = (angles) => {
    const last = angles.findLastIndex((each) => each >= BELOW) + 1;
    return last < angles.length ? last : -1;
  };
  return { angle1: path.one[state.step], angle2: path.two[state.step], loss: path.loss[state.step], from1: from(path.one), from2: from(path.two) };
}

const winner = ({ from1, from2 }) => {
  if (from1 === from2) return from1 < 0 ? 'none' : 'both';
  return from2 >= 0 && (from1 < 0 || from2 < from1) ? 'two' : 'one';
};
const when = (from) => (from < 0 ? 'not within this training' : from ? `from update ${from * EACH} on` : 'from the start');
const explain = (n) => `Below ${BELOW}° for good: layer 1 ${when(n.from1)}, layer 2 ${when(n.from2)}.`;
const now = (state, n) => `After ${state.step * EACH} updates: layer 1 at ${n.angle1.toFixed(0)}°, layer 2 at ${n.angle2.toFixed(0)}°, loss ${n.loss.toFixed(3)}.`;

function plot(svg, view, state, n) {
  const path = run(state), width = view.width, height = view.narrow ? 260 : 300, left = 46, right = 66, top = 12, bottom = 48;
  const x = scaleLinear([0, LAST * EACH], [left, width - right]), y = scaleLinear([0, 150], [height - bottom, top]);
  svg.attr('width', width).attr('height', height).attr('viewBox', `0 0 ${width} ${height}`).selectAll('*').remove();
  const axis = (call, move) => svg.append('g').attr('class', 'bp-axis').attr('transform', move).call(call.tickSizeOuter(0).tickPadding(7));
  axis(axisBottom(x).ticks(view.narrow ? 3 : 6), `translate(0,${height - bottom})`);
  axis(axisLeft(y).tickValues([0, 30, 60, 90, 120, 150]).tickFormat((v) => `${v}°`), `translate(${left},0)`);
  const write = (words, at, up, paint, align = 'start') => svg.append('text').attr('x', at).attr('y', up).attr('text-anchor', align)
    .style('font-family', 'inherit').style('font-size', '14px').style('fill', `var(--bp-${paint})`).text(words);
  write('updates', width - right, height - 6, 'muted', 'end');
  const rule = (v, dash) => svg.append('path').attr('d', `M${left} ${y(v)}H${width - right}`).style('stroke', 'var(--bp-reference)').style('stroke-dasharray', dash);
  rule(90, '2 3');
  write('no use', width - right + 6, y(90) + 5, 'reference');
  const shown = (angles) => angles.slice(0, state.step + 1);
  const trace = line((v, i) => x(i * EACH), (v) => y(Math.min(150, v)));
  const ends = [n.angle1, n.angle2].map((v) => y(Math.min(150, v)));
  const apart = Math.max(0, 17 - Math.abs(ends[0] - ends[1])) / 2 * (ends[0] < ends[1] ? -1 : 1);
  [['one', 'layer 1', 'gradient', null, ends[0], apart], ['two', 'layer 2', 'parameter', '7 4', ends[1], -apart]].forEach(([key, name, paint, dash, end, shift]) => {
    svg.append('path').attr('d', trace(shown(path[key]))).style('fill', 'none').style('stroke', `var(--bp-${paint})`).style('stroke-width', 2.5).style('stroke-dasharray', dash);
    svg.append('circle').attr('cx', x(state.step * EACH)).attr('cy', end).attr('r', 4).style('fill', `var(--bp-${paint})`);
    write(name, x(state.step * EACH) + 8, end + 5 + shift, paint).style('paint-order', 'stroke').style('stroke', 'var(--bp-surface)').style('stroke-width', '4px');
  });
  svg.attr('aria-label', `The angle between update and gradient over training, with the line at 90 degrees. ${now(state, n)}`);
}

function build(view) {
  const svg = create('svg').attr('role', 'img');
  const guess = menu(view, 'guess', GUESSES, 'your prediction'), rule = menu(view, 'rule', RULES, 'the rule');
  const moral = h('p', { class: 'bp-moral', style: 'margin: .6em 0 .8em' });
  let state, numbers;
  const prediction = predicted(view, ['eta', 'size', 'draw', 'rule', 'guess'], () => {
    const best = winner(numbers), right = best === state.guess;
    return [right, best === 'none' ? 'Neither.' : `${right ? 'Right' : 'No'}: ${GUESSES[best]}.`, explain(numbers)];
  });
  view.body.append(
    h('div', { class: 'bp-predict' },
      h('p', { class: 'bp-lead' }, `Which layer's update comes below ${BELOW}° first, and stays there?`),
      h('div', { class: 'bp-row' }, guess, button('Check', prediction.check, true), button('Other numbers', () => view.set({ draw: nextSeed(state.draw), step: 0 }))),
      prediction.element),
    h('div', { class: 'bp-part' }, h('div', { class: 'bp-row' }, rule), svg.node(), moral, view.toolbar, view.message, view.controls));
  return (nextState, nextNumbers) => {
    [state, numbers] = [nextState, nextNumbers];
    guess.value = state.guess;
    rule.value = state.rule;
    prediction.update(state);
    plot(svg, view, state, numbers);
    moral.textContent = now(state, numbers);
  };
}

figure('alignment', {
  title: 'Feedback alignment in a small net',
  state: {
    eta: number('η', 'the learning rate eta', 0.3, 0.05, 0.5, 0.05),
    size: number('s', 'the size of the starting weights', 1, 0.1, 1.5, 0.05),
    draw: number('n', 'which random numbers are drawn', 2, 1, 99, 1),
    step: steps(LAST, 0),
    rule: choice('the rule', 'fa', Object.keys(RULES)),
    guess: choice('the layer you predict', 'two', Object.keys(GUESSES)),
  },
  compute,
  build,
  announce: (state, n) => now(state, n),
});
