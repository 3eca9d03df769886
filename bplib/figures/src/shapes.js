// Chapter 04: three factors of δ below. The reader puts them in order; shapes reject most orders, values the rest.
// This file holds the arithmetic and the words; shapes_view.js draws. The same numbers by the library: shapes.py.
import { choice, figure, fmt, number } from 'bplib-figures';
import { build } from './shapes_view.js';

const Z = [0.5, -1, 1.5], TARGET = [0.5, -2], NUDGE = 0.01;
const ORDERS = ['WdD', 'WDd', 'dWD', 'dDW', 'DWd', 'DdW'];
const sum = (values) => values.reduce((a, b) => a + b, 0);
const flip = (M) => M[0].map((_, j) => M.map((row) => row[j]));
const times = (A, B) => A.map((row) => flip(B).map((column) => sum(row.map((a, k) => a * column[k]))));

/** W, δ above, the slopes below, and δ below as nudging z measures it. */
function parts({ w12, w21, net }) {
  const n = Number(net[0]);
  const W = [[0.5, w12, -1], [w21, 1, 0.5]].map((row) => row.slice(0, n));
  const z = Z.slice(0, n);
  const error = (at) => W.map((row, i) => sum(row.map((w, j) => w * Math.tanh(at[j]))) - TARGET[i]);
  const nudged = z.map((_, j) => {
    const loss = (step) => 0.5 * sum(error(z.map((v, k) => (k === j ? v + step : v))).map((e) => e * e));
    const change = (step) => loss(step) - loss(-step);
    return (8 * change(NUDGE) - change(2 * NUDGE)) / (12 * NUDGE); // the largest errors of the two cancel
  });
  return { W, above: error(z), slopes: z.map((v) => 1 - Math.tanh(v) ** 2), nudged };
}

/** The three factors as tables, by their signs. */
export function tables(state) {
  const { W, above, slopes } = parts(state);
  const D = slopes.map((s, i) => slopes.map((_, j) => (i === j ? s : 0)));
  return { W: state.turned === 'yes' ? flip(W) : W, d: above.map((v) => [v]), D };
}

export function compute(state) {
  const { above, slopes, nudged } = parts(state);
  const all = tables(state);
  const row = [...state.order].map((sign) => all[sign]);
  const fits = row.every((M, i) => i === 0 || row[i - 1][0].length === M.length);
  const numbers = { fits: Number(fits) };
  const add = (name, values) => values.forEach((v, i) => (numbers[`${name}${i + 1}`] = v));
  add('d', above);
  add('s', slopes);
  add('n', nudged);
  if (fits) {
    const product = row.reduce(times).map(([v]) => v);
    add('p', product);
    numbers.off = Math.max(...product.map((v, i) => Math.abs(v - nudged[i])));
  }
  return numbers;
}

export const signOf = (sign, { turned }) => ({ W: turned === 'yes' ? 'Wᵀ' : 'W', d: 'δ above', D: 'D' })[sign];
export const shape = (M) => `${M.length} × ${M[0].length}`;
const count = (n, word) => `${n} ${word}${n > 1 ? 's' : ''}`;

/** What the shapes say: {ok, text}. */
export function shapes(state) {
  const all = tables(state), row = [...state.order];
  for (let i = 1; i < 3; i += 1) {
    const columns = all[row[i - 1]][0].length, rows = all[row[i]].length;
    if (columns !== rows) {
      const [left, right] = [row[i - 1], row[i]].map((sign) => signOf(sign, state));
      return { ok: false, text: `No product: ${left} has ${count(columns, 'column')}, but ${right} has ${count(rows, 'row')}.` };
    }
  }
  const n = all.D.length;
  return { ok: true, text: `The shapes fit: ${row.map((sign) => shape(all[sign])).join(' times ')} gives ${n} × 1, the shape of δ below.` };
}

/** What the values say, once the reader has made a guess: {kind, title, text}. */
export function values(state, { off }) {
  const truth = off < 1e-4;
  const right = (state.guess === 'yes') === truth;
  const symmetric = truth && state.turned === 'no';
  const text = symmetric
    ? 'The values agree, because W equals its transpose with these numbers. One check at such a point cannot tell them apart: change w₁₂ or w₂₁.'
    : truth
      ? 'Nudging z gives the same numbers. This is δ below: first the transpose collects the messages, then D multiplies by the slopes.'
      : `It fits and it is not the gradient: nudging z gives other numbers, up to ${fmt(off, 3)} away.`;
  return { kind: right ? 'correct' : 'wrong', title: right ? 'As you said.' : 'Not as you said.', text };
}

figure('shapes', {
  title: 'Factors of δ, put in order',
  state: {
    w12: number('w₁₂', 'the weight in row 1, column 2', 1.5, -2, 2, 0.5),
    w21: number('w₂₁', 'the weight in row 2, column 1', -0.5, -2, 2, 0.5),
    net: choice('units below and above', '3 to 2', ['3 to 2', '2 to 2']),
    order: choice('the order of the factors', 'WdD', ORDERS),
    turned: choice('whether W is transposed', 'no', ['no', 'yes']),
    guess: choice('whether it is the gradient', 'none', ['none', 'yes', 'no']),
  },
  compute,
  build,
  announce(state, numbers) {
    const order = [...state.order].map((sign) => signOf(sign, state)).join(' times ');
    const said = shapes(state);
    if (!said.ok || state.guess === 'none') return `${order}. ${said.text}`;
    const { title, text } = values(state, numbers);
    return `${title} ${text}`;
  },
});
