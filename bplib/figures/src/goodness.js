// Chapter 18: a small forward-forward net; the goodness of both layers, with right and with wrong labels.
// The same numbers from the library: bplib/figures/goodness.py.
import { button, choice, figure, h, menu, number, predicted, steps } from 'bplib-figures';
import { scaleLinear } from 'd3-scale';
import { create } from 'd3-selection';
import { dot, generator, nextSeed, table } from './draws.js';

const INPUTS = 4, UNITS = 8, EXAMPLES = 24, LAST = 60, EACH = 5, MOST = 18;
const LENGTHS = { pass: 'lengths pass to layer 2', normalised: 'activations are normalised' };
const LEARNS = { first: 'only layer 1 learns', both: 'both layers learn' };
const GUESSES = { half: 'about half, as by chance', most: `most of them, ${MOST} or more` };

const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;

function train({ eta, theta, draw, lengths, learns }) {
  const next = generator(Math.floor(draw + 0.5));
  const x = table(EXAMPLES, INPUTS, () => 2 * next());
  const y = x.map(([a, b, c]) => (a * b + c > 0 ? 1 : 0));
  const weights = (columns) => table(UNITS, columns, () => Math.sqrt(2 / columns) * next());
  const W = [weights(INPUTS + 2), weights(UNITS)], b = [Array(UNITS).fill(0), Array(UNITS).fill(0)];
  const both = [...x.map((row, n) => [...row, 1 - y[n], y[n]]), ...x.map((row, n) => [...row, y[n], 1 - y[n]])];
  const path = [];
  for (let update = 0; ; update += 1) {
    const enters = [both], a = [];
    for (const l of [0, 1]) {
      a.push(enters[l].map((row) => W[l].map((w, i) => Math.max(dot(row, w) + b[l][i], 0))));
      enters.push(a[l].map((row) => {
        const size = lengths === 'normalised' ? Math.sqrt(dot(row, row) / UNITS + 1e-8) : 1;
        return row.map((v) => v / size);
      }));
    }
    const g = a.map((rows) => rows.map((row) => dot(row, row)));
    if (update % EACH === 0) path.push({ right: g.map((all) => all.slice(0, EXAMPLES)), wrong: g.map((all) => all.slice(EXAMPLES)) });
    if (update === LAST * EACH) return path;
    for (let l = 0; l < (learns === 'both' ? 2 : 1); l += 1) {
      const delta = a[l].map((row, n) => {
        const sign = n < EXAMPLES ? 1 : -1;
        const push = (-sign * (0.5 - 0.5 * Math.tanh(0.5 * sign * (g[l][n] - theta)))) / (2 * EXAMPLES);
        return row.map((v) => 2 * push * v);
      });
      W[l] = W[l].map((w, i) => w.map((v, j) => v - eta * delta.reduce((sum, row, n) => sum + row[i] * enters[l][n][j], 0)));
      b[l] = b[l].map((v, i) => v - eta * delta.reduce((sum, row) => sum + row[i], 0));
    }
  }
}

let kept = {};
const run = (state) => {
  const key = [state.eta, state.theta, state.draw, state.lengths, state.learns].join();
  if (kept.key !== key) kept = { key, path: train(state) };
  return kept.path;
};
const told = ({ right, wrong }, l) => right[l].filter((g, n) => g > wrong[l][n]).length;

/** At the step: the mean goodness of each layer with right and wrong labels, and for how many examples it is told. */
export function compute(state) {
  const now = run(state)[state.step], found = {};
  for (const l of [0, 1]) for (const word of ['right', 'wrong']) found[`${word}${l + 1}`] = mean(now[word][l]);
  return { ...found, told1: told(now, 0), told2: told(now, 1) };
}

const now = (state, n) => `After ${state.step * EACH} updates: layer 1 tells ${n.told1} of ${EXAMPLES} apart, layer 2 tells ${n.told2}. `
  + `Mean goodness with the right and the wrong label: ${n.right1.toFixed(1)} and ${n.wrong1.toFixed(1)} in layer 1, ${n.right2.toFixed(1)} and ${n.wrong2.toFixed(1)} in layer 2.`;
const why = (state, count) => {
  if (state.learns === 'both') return 'Layer 2 was trained, so it had its own chance to learn it.';
  if (state.lengths === 'pass') return count < MOST ? 'Lengths pass, but here they were not enough for it.' : 'It never learnt anything. What enters it is longer when layer 1 says “right”, and so is what leaves it.';
  return count < MOST ? 'All that enters it has one length, so layer 1 has nothing to give away.' : 'This draw is a lucky one: the direction alone told it. Try other numbers.';
};

function plot(svg, view, state, n) {
  const data = run(state)[state.step], { width, narrow } = view, left = 40, gap = 24, tall = 176;
  const wide = narrow ? width - left : (width - left - gap) / 2, height = narrow ? 495 : 250;
  svg.attr('width', width).attr('height', height).attr('viewBox', `0 0 ${width} ${height}`).selectAll('*').remove();
  const write = (words, x, y, align = 'middle') => svg.append('text').attr('x', x).attr('y', y).attr('text-anchor', align)
    .style('font-family', 'inherit').style('font-size', '14px').style('fill', 'var(--bp-muted)').text(words);
  for (const l of [0, 1]) {
    const start = narrow || !l ? left : left + wide + gap, low = narrow ? 212 + 250 * l : 212;
    const up = scaleLinear([0, 6 * state.theta], [low, low - tall]).clamp(true), at = (i) => start + (wide * (i + 0.5)) / EXAMPLES;
    write(`layer ${l + 1}`, start + wide / 2, low - 190);
    for (const k of [0, 1, 2, 4, 6]) {
      const level = svg.append('path').attr('d', `M${start} ${up(k * state.theta)}h${wide}`).style('stroke', `var(--bp-${k === 1 ? 'reference' : 'line'})`);
      if (k === 1) level.style('stroke-dasharray', '6 4');
      if (start === left) write(k > 1 ? `${k}θ` : ['0', 'θ'][k], start - 8, up(k * state.theta) + 5, 'end');
    }
    data.right[l].forEach((g, i) => {
      const other = data.wrong[l][i];
      const dotAt = (value) => svg.append('circle').attr('cx', at(i)).attr('cy', up(value)).attr('r', 3.5);
      svg.append('path').attr('d', `M${at(i)} ${up(g)}V${up(other)}`).style('stroke', 'var(--bp-line)');
      dotAt(other).style('fill', 'var(--bp-surface)').style('stroke', 'var(--bp-gradient)').style('stroke-width', 1.5);
      dotAt(g).style('fill', 'var(--bp-forward)');
    });
    write(`${l ? n.told2 : n.told1} of ${EXAMPLES} told apart`, start + wide / 2, low + 22);
  }
  svg.attr('aria-label', `Goodness of both layers for ${EXAMPLES} examples, with right and wrong labels. ${now(state, n)}`);
}

function build(view) {
  const svg = create('svg').attr('role', 'img');
  const guess = menu(view, 'guess', GUESSES, 'your prediction'), lengths = menu(view, 'lengths', LENGTHS, 'what passes to layer 2'), learns = menu(view, 'learns', LEARNS, 'what learns');
  const moral = h('p', { class: 'bp-moral', style: 'margin: .8em 0' });
  let state, numbers;
  const prediction = predicted(view, ['eta', 'theta', 'draw', 'lengths', 'learns', 'guess'], () => {
    const count = numbers.told2, right = (count >= MOST) === (state.guess === 'most');
    return [right, `${right ? 'Right' : 'No'}: ${count} of ${EXAMPLES}.`, why(state, count)];
  });
  view.body.append(
    h('div', { class: 'bp-row' }, lengths, learns),
    h('div', { class: 'bp-predict' },
      h('p', { class: 'bp-lead' }, 'With these settings, for how many examples will layer 2 have a higher goodness with the right label, once training is over?'),
      h('div', { class: 'bp-row' }, guess, button('Check', prediction.check, true), button('Other numbers', () => view.set({ draw: nextSeed(state.draw), step: 0 }))),
      prediction.element),
    h('div', { class: 'bp-part' }, svg.node(), moral, view.toolbar, view.message, view.controls));
  return (nextState, nextNumbers) => {
    [state, numbers] = [nextState, nextNumbers];
    guess.value = state.guess;
    lengths.value = state.lengths;
    learns.value = state.learns;
    prediction.update(state);
    plot(svg, view, state, numbers);
    moral.textContent = now(state, numbers);
  };
}

figure('goodness', {
  title: 'Goodness, layer by layer',
  state: {
    eta: number('η', 'the learning rate eta', 0.3, 0.05, 0.5, 0.05),
    theta: number('θ', 'the threshold theta', 1, 0.25, 1.5, 0.05),
    draw: number('n', 'which random numbers are drawn', 4, 1, 99, 1),
    step: steps(LAST, 0),
    lengths: choice('what passes to layer 2', 'pass', Object.keys(LENGTHS)),
    learns: choice('what learns', 'first', Object.keys(LEARNS)),
    guess: choice('your prediction', 'half', Object.keys(GUESSES)),
  },
  compute,
  build,
  announce: (state, n) => now(state, n),
});
