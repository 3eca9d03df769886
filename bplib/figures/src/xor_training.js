// Chapter 05: XOR with two hidden units, trained in the browser by gradient descent. This file holds the arithmetic and
// what is said; _view.js draws. The same numbers computed by the library: bplib/figures/xor_training.py.
import { choice, figure, fmt, number } from 'bplib-figures';
import { build } from './xor_training_view.js';

export const EPOCHS = 400;
const CORNERS = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]]; // x1, x2, y
// W1 row by row, then W2; biases start at 0.
const STARTS = {
  A: [0.1, -1.1, 0.6, 0.1, 0.2, -0.9],
  B: [-0.1, 0.9, -0.9, -0.2, 1, -0.6],
  constant: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
  zero: [0, 0, 0, 0, 0, 0],
};

/** The hidden activations and z of the output, for weights w = [W1 row by row, b1, W2, b2]. */
export function forward(w, x1, x2) {
  const a1 = Math.tanh(w[0] * x1 + w[1] * x2 + w[4]);
  const a2 = Math.tanh(w[2] * x1 + w[3] * x2 + w[5]);
  return [a1, a2, w[6] * a1 + w[7] * a2 + w[8]];
}

function epoch(w) {
  const now = { loss: 0, p: [], a: [], w, g: Array(9).fill(0) };
  for (const [x1, x2, y] of CORNERS) {
    const [a1, a2, z] = forward(w, x1, x2);
    const yhat = 1 / (1 + Math.exp(-z));
    const delta = ((yhat - y) * yhat * (1 - yhat)) / 4;
    const d1 = delta * w[6] * (1 - a1 * a1), d2 = delta * w[7] * (1 - a2 * a2);
    [d1 * x1, d1 * x2, d2 * x1, d2 * x2, d1, d2, delta * a1, delta * a2, delta].forEach((d, i) => (now.g[i] += d));
    now.loss += (yhat - y) ** 2 / 8;
    now.p.push(yhat);
    now.a.push(a1, a2);
  }
  return now;
}

let last = {};

/** All epochs from a start, the last run remembered; it ends early where a number is no longer finite. */
export function run({ start, eta, scale }) {
  const key = [start, eta, scale].join();
  if (last.key === key) return last.epochs;
  const s = STARTS[start].map((value) => value * scale);
  let w = [...s.slice(0, 4), 0, 0, ...s.slice(4), 0];
  const epochs = [];
  for (let t = 0; t <= EPOCHS; t += 1) {
    const now = epoch(w);
    epochs.push(now);
    if (!Number.isFinite(now.loss)) break;
    w = w.map((value, i) => value - eta * now.g[i]);
  }
  last = { key, epochs };
  return epochs;
}

const at = (state) => {
  const epochs = run(state);
  return epochs[Math.min(state.epoch, epochs.length - 1)];
};

export function compute(state) {
  const now = at(state);
  const named = { loss: now.loss };
  for (const letter of 'pawg') now[letter].forEach((value, i) => (named[letter + i] = value));
  return named;
}

/** How many corners are on their right side, and what 400 epochs do: 'solves', 'moves' or 'nothing'. */
export const right = ({ p }) => CORNERS.filter(([, , y], i) => (p[i] > 0.5) === (y === 1)).length;
export function outcome(state) {
  const epochs = run(state);
  if (right(epochs.at(-1)) === 4) return 'solves';
  return epochs.at(-1).w.every((value, i) => value === epochs[0].w[i]) ? 'nothing' : 'moves';
}

const largest = ({ g }) => Math.max(...g.map(Math.abs));
export const status = (state) => {
  const now = at(state);
  return `Epoch ${state.epoch}: loss ${fmt(now.loss, 3)}, ${right(now)} of 4 corners right, largest gradient ${fmt(largest(now), 2)}.`;
};

figure('xor_training', {
  title: 'XOR, trained here',
  state: {
    start: choice('the starting weights', 'A', Object.keys(STARTS)),
    eta: number('η', 'the learning rate eta', 2, 0.1, 5, 0.1),
    scale: number('s', 'the scale s of the starting weights', 1, 0, 2, 0.05),
    epoch: { ...number('t', 'the epoch t', 80, 0, EPOCHS, 1), whole: true },
  },
  compute,
  at,
  build,
  announce: (state) => status(state),
});
