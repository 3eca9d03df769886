// Chapter 03: one input, two weights, two sigmoids. The gradient at w1 is a product of five numbers along one path.
// This file holds the arithmetic; _words.js holds signs, steps and messages, _view.js draws. The same numbers computed
// by the library: bplib/figures/worked_example.py.
import { choice, figure, fmt, number, steps } from 'bplib-figures';
import { build } from './worked_example_view.js';
import { FORWARD_DONE, PATHS, STEPS, stepOf } from './worked_example_words.js';

const sigmoid = (z) => 1 / (1 + Math.exp(-z));

/** Every number of the example: forward, backward, one update, and the loss that the gradient promised for it. */
export function compute({ x, w1, w2, y, eta }) {
  const forward = (v1, v2) => {
    const z1 = v1 * x, h = sigmoid(z1), z2 = v2 * h, yhat = sigmoid(z2);
    return { z1, h, z2, yhat, loss: 0.5 * (yhat - y) ** 2 };
  };
  const f = forward(w1, w2);
  const slope1 = f.h * (1 - f.h), slope2 = f.yhat * (1 - f.yhat);
  const d_yhat = f.yhat - y;
  const d_z2 = d_yhat * slope2;
  const d_w2 = d_z2 * f.h, d_h = d_z2 * w2;
  const d_z1 = d_h * slope1;
  const d_w1 = d_z1 * x;
  const new_w1 = w1 - eta * d_w1, new_w2 = w2 - eta * d_w2;
  const new_loss = forward(new_w1, new_w2).loss;
  const promised_loss = f.loss - eta * (d_w1 ** 2 + d_w2 ** 2);
  return { ...f, slope1, slope2, d_yhat, d_z2, d_w2, d_h, d_z1, d_w1, new_w1, new_w2, new_loss, promised_loss };
}

/** Every mistake that can be named in the gradient `asked`, with the number it gives: {kind, about, value}. */
export function mistakes(state, numbers, asked) {
  const values = { ...state, ...numbers };
  const path = PATHS[asked];
  const found = [];
  const add = (kind, changed, about = []) => {
    if (!Object.keys(changed).every((name) => path.includes(name))) return;
    const value = path.reduce((product, name) => product * (changed[name] ?? values[name]), 1);
    found.push({ kind, about, value });
  };
  const without = (kind, sign) => {
    const each = path.length > 1 ? path.map((name) => [name]) : [];
    for (const names of [...each, ['slope2', 'slope1']]) {
      const changed = Object.fromEntries(names.map((name) => [name, 1]));
      add(kind, { ...changed, d_yhat: sign * (changed.d_yhat ?? values.d_yhat) }, names);
    }
  };
  add('sign', { d_yhat: -values.d_yhat });
  add('factor-2', { d_yhat: 2 * values.d_yhat });
  without('missing', 1);
  add('wrong-order', { w2: values.new_w2 });
  for (const [slope, at] of [['slope2', 'yhat'], ['slope1', 'h']]) {
    const inner = sigmoid(values[at]);
    add('wrong-point', { [slope]: inner * (1 - inner) }, [slope]);
    add('not-slope', { [slope]: values[at] }, [slope]);
  }
  if (asked === 'd_w2') add('swapped', { h: values.w2 }, ['h', 'w2']);
  if (asked === 'd_h') add('swapped', { w2: values.h }, ['w2', 'h']);
  for (const other of Object.keys(PATHS)) {
    if (other !== asked) found.push({ kind: 'other-gradient', about: [other], value: numbers[other] });
  }
  without('missing-and-sign', -1);
  return found;
}

/** What is wrong with a typed gradient: {kind, about, also, off}. The digits of `typed` set how exactly it must fit. */
export function diagnose(state, numbers, asked, typed, value) {
  const truth = numbers[asked];
  const [digits, power] = typed.toLowerCase().split('e');
  const unit = 10 ** (Number(power ?? 0) - (digits.split('.')[1] ?? '').length);
  const significant = digits.replace(/\D/g, '').replace(/^0+/, '').length;
  const fits = (target) => {
    if (target === 0 || value === 0) return target === value;
    const gap = (target - value) * Math.sign(target); // rounded to the typed digits, or cut off after them
    return Math.abs(gap) <= Math.max(unit * 0.5000001, 1e-9 * Math.abs(target)) || (gap > 0 && gap < unit);
  };
  if (truth === value) return { kind: 'correct' };
  if (significant < 2 && value !== 0) return { kind: 'digits' };
  if (fits(truth)) return { kind: 'correct' };
  const named = mistakes(state, numbers, asked).filter((each) => fits(each.value));
  if (named.length) return { ...named[0], also: named.find(({ value: other }) => other !== named[0].value) };
  const off = Math.abs(value - truth) / Math.abs(truth);
  return off < 0.02 ? { kind: 'rounding', off } : { kind: 'other' };
}

figure('worked_example', {
  title: 'The worked example, step by step',
  state: {
    x: number('x', 'the input x', 1, -3, 3, 0.1),
    y: number('y', 'the target y', 1, 0, 1, 0.05),
    w1: number('w_1', 'the first weight, w 1', 0.5, -5, 5, 0.1),
    w2: number('w_2', 'the second weight, w 2', -0.3, -5, 5, 0.1),
    eta: number('η', 'the learning rate eta', 1, 0, 20, 0.5),
    step: steps(STEPS.length - 1, FORWARD_DONE),
    ask: choice('the gradient to predict', 'd_w1', Object.keys(PATHS)),
  },
  compute,
  mistakes,
  diagnose,
  build,
  announce(state, numbers, before) {
    const { says, rows, back, after } = STEPS[state.step];
    if (state.step !== before.step) {
      const told = rows(state, numbers).map(([left, right, sign = '=']) => `${left} ${sign} ${right}`);
      return `Step ${state.step} of ${STEPS.length - 1}, ${back ? 'backward' : 'forward'}. ${says} ${told.join(', ')} ${after?.(numbers) ?? ''}`;
    }
    return state.step < stepOf('d_w1') ? `L = ${fmt(numbers.loss)}` : `L = ${fmt(numbers.loss)}, ∂L/∂w_1 = ${fmt(numbers.d_w1)}`;
  },
});
