// Chapters 02 to 04: the lines of a backward pass, to be put in order; some are wrong. This file holds the arithmetic and
// the verdicts; parsons_view.js draws. The lines stand in parsons.json; the same numbers from the library: parsons.py.
import { choice, figure, number, words } from 'bplib-figures';
import PROGRAMS from '../parsons.json';
import { build } from './parsons_view.js';

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const flip = (M) => M[0].map((_, j) => M.map((row) => row[j]));
const times = (A, B) => A.map((row) => flip(B).map((column) => row.reduce((sum, a, k) => sum + a * column[k], 0)));
const each = (f, ...all) => all[0].map((row, i) => row.map((_, j) => f(...all.map((M) => M[i][j]))));
const slope = (h) => h * (1 - h);
const apart = ({ Yhat, Y }, n) => each((yhat, y) => (yhat - y) / n, Yhat, Y);

/** What each line computes of the names above it. */
const COMPUTED = {
  chain: {
    A: (v) => v.delta1 * v.x,
    B: (v) => v.w2 - 0.5 * v.dw2,
    C: (v) => (v.yhat - v.y) * slope(v.yhat),
    D: (v) => v.w2 * v.delta2,
    E: (v) => v.delta2 * v.h,
    F: (v) => v.w1 - 0.5 * v.dw1,
    G: (v) => v.delta2 * v.x,
    H: (v) => v.w2 * v.delta2 * slope(v.h),
  },
  paths: {
    A: (v) => v.dx + v.db * v.w2,
    B: (v) => v.db * v.x,
    C: (v) => v.da * v.w1 * v.db * v.w2,
    D: (v) => v.b + 1,
    E: (v) => v.da * v.w1,
    F: (v) => v.a,
    G: (v) => v.db * v.w2,
    H: (v) => v.da * v.x,
  },
  batch: {
    A: (v) => times(flip(v.Delta2), v.H),
    B: (v) => each((d, h) => d * slope(h), times(v.Delta2, flip(v.W2)), v.H),
    C: (v) => times(flip(v.Delta1), v.X),
    D: (v) => apart(v, v.n),
    E: (v) => times(flip(v.X), v.Delta1),
    F: (v) => each((d, h) => d * slope(h), times(v.Delta2, v.W2), v.H),
    G: (v) => apart(v, 1),
    H: (v) => times(flip(v.H), v.Delta2),
  },
};

/** The forward pass: the names that a program is given. */
const FORWARD = {
  chain({ x, w1, w2, y }) {
    const h = sigmoid(w1 * x);
    return { x, w1, w2, y, h, yhat: sigmoid(w2 * h) };
  },
  paths: ({ x, w1, w2 }) => ({ x, w1, w2, a: x * w1, b: x * w2 }),
  batch({ x, w1, w2, y }) {
    const X = [[x, 1], [-0.5, x], [1.5, -1]], Y = [[y, 0], [0.5, y], [-1, 1]], W2 = [[w2, 1], [-0.7, 0.6]];
    const H = each(sigmoid, times(X, flip([[w1, 0.8], [-0.4, 1]])));
    return { X, W2, H, Yhat: times(H, flip(W2)), Y, n: 3 };
  },
};

const named = (line) => line.split(' = ')[0];
const reads = (line) => line.split(' = ')[1].match(/[A-Za-z]\w*/g).filter((name) => name !== 'T');

/** Run the lines: the names at the end, those that a line has made, and where a name was missing. */
export function run(program, order, given) {
  const { lines } = PROGRAMS[program];
  const names = { ...given }, made = new Set();
  for (const [at, letter] of [...order].entries()) {
    const missing = reads(lines[letter]).find((name) => !(name in names));
    if (missing) return { names, made, stopped: at, missing };
    names[named(lines[letter])] = COMPUTED[program][letter](names);
    made.add(named(lines[letter]));
  }
  return { names, made, stopped: -1 };
}

function flat(name, value) {
  if (typeof value === 'number') return { [name]: value };
  return Object.fromEntries(value.flatMap((row, i) => row.map((v, j) => [`${name} ${i + 1}${j + 1}`, v])));
}

export function compute(state) {
  const { right, results } = PROGRAMS[state.program];
  const given = FORWARD[state.program](state);
  const { names, made, stopped } = run(state.program, state.order, given);
  const truth = run(state.program, right, given).names;
  const found = { stopped };
  for (const name of results) {
    Object.assign(found, flat(`true ${name}`, truth[name]));
    if (made.has(name)) Object.assign(found, flat(name, names[name]));
  }
  return found;
}

/** The results: [name, the program's (nothing if it was not made), the true one]. */
export const results = (numbers) => Object.keys(numbers).filter((key) => key.startsWith('true '))
  .map((key) => [key.slice(5), numbers[key.slice(5)], numbers[key]]);

/** What a run of the program says: [right, title, text]. */
export function judged(state, numbers) {
  const { lines, wrong, soon } = PROGRAMS[state.program], order = [...state.order];
  if (!order.length) return [false, 'Nothing to run yet.', 'Put a line into the program first.'];
  const { stopped, missing } = run(state.program, state.order, FORWARD[state.program](state));
  if (stopped >= 0) {
    const later = order.slice(stopped + 1).some((letter) => named(lines[letter]) === missing);
    return [false, `Line ${order[stopped]} stops.`, `It reads ${missing}, which ${later ? 'is made further down.' : 'no line of the program makes.'}`];
  }
  const absent = results(numbers).find(([, mine]) => mine === undefined);
  if (absent) return [false, 'Not whole yet.', `No line makes ${absent[0].split(' ')[0]}.`];
  const off = results(numbers).filter(([, mine, truth]) => Math.abs(mine - truth) > 1e-9 * (1 + Math.abs(truth)));
  const trap = order.find((letter) => wrong[letter]);
  if (!off.length) return [true, 'Right.', trap ? `With these numbers line ${trap} does no harm; move one and run again.` : 'Every gradient is the true one.'];
  return [false, `${off[0][0].split(' ')[0]} is wrong${trap ? `: line ${trap}.` : '.'}`, trap ? `In line ${trap} ${wrong[trap]}` : `Here ${soon}`];
}

const twice = (text) => new Set(text).size < text.length;

figure('parsons', {
  title: 'Lines of a backward pass, put in order',
  state: {
    x: number('x', 'the input x', 1, -2, 2, 0.1),
    w1: number('w_1', 'the first weight', 0.5, -2, 2, 0.1),
    w2: number('w_2', 'the second weight', -0.3, -2, 2, 0.1),
    y: number('y', 'the target y', 1, -2, 2, 0.1),
    program: choice('the program', 'chain', Object.keys(PROGRAMS)),
    order: words('the order of the lines', '', (text) => (/^[A-H]*$/.test(text) && !twice(text) ? '' : `order is “${text}”; expected letters from A to H, none twice.`)),
    run: choice('whether the program was run', 'no', ['no', 'yes']),
  },
  compute,
  build,
  announce(state, numbers, before) {
    if (state.run === 'yes') return judged(state, numbers).slice(1).join(' ');
    const order = [...state.order], moved = order.find((letter, i) => letter !== before.order[i]);
    if (order.length < before.order.length) return `Taken out. ${order.length} lines in the program.`;
    return moved ? `Line ${moved} is number ${order.indexOf(moved) + 1} of ${order.length}.` : `${order.length} lines in the program.`;
  },
});
