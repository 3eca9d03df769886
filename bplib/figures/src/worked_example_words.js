// The worked example in words: signs, the twelve steps with their equations, and what is said of each mistake.
import { factor, fmt } from 'bplib-figures';

/** The factors of each gradient, in the order in which the backward pass meets them. */
export const PATHS = {
  d_w1: ['d_yhat', 'slope2', 'w2', 'slope1', 'x'],
  d_w2: ['d_yhat', 'slope2', 'h'],
  d_z1: ['d_yhat', 'slope2', 'w2', 'slope1'],
  d_h: ['d_yhat', 'slope2', 'w2'],
  d_z2: ['d_yhat', 'slope2'],
  d_yhat: ['d_yhat'],
};

export const SIGNS = {
  x: 'x', w1: 'w_1', w2: 'w_2', y: 'y', z1: 'z_1', h: 'h', z2: 'z_2', yhat: 'ŷ', loss: 'L',
  slope1: 'σ′(z_1)', slope2: 'σ′(z_2)', new_w2: 'w_2',
  d_yhat: '∂L/∂ŷ', d_z2: '∂L/∂z_2', d_w2: '∂L/∂w_2', d_h: '∂L/∂h', d_z1: '∂L/∂z_1', d_w1: '∂L/∂w_1',
};

/** A factor's sign in a product: the first factor is written out. */
export const factorSign = (name) => (name === 'd_yhat' ? '(ŷ − y)' : SIGNS[name]);

const blue = (value, as = fmt) => `[f:${as(value)}]`;
const red = (value, as = fmt) => `[g:${as(value)}]`;
const green = (value, as = fmt) => `[p:${as(value)}]`;
const purple = (value) => `[l:${fmt(value)}]`;

/** A weight before and after the update, with as many digits, seven at most, as tell the two apart. */
export function moved(name, state, numbers) {
  const [before, after] = [state[name], numbers[`new_${name}`]];
  const still = state.eta * numbers[`d_${name}`] === 0;
  const digits = still ? 4 : [4, 5, 6, 7].find((each) => fmt(before, each) !== fmt(after, each));
  return { sign: digits ? '=' : '≈', before: fmt(before, digits), after: fmt(after, digits) };
}

/** Which of the five factors shrink the gradient at w1, the strongest first; the sigmoids' slopes always do. */
export function shrinking(state, numbers) {
  const sized = PATHS.d_w1.map((name) => ({ name, value: numbers[name] ?? state[name] })).sort((a, b) => Math.abs(a.value) - Math.abs(b.value));
  const list = (some) => some.map(({ name, value }) => `$${name === 'd_yhat' ? 'ŷ − y' : SIGNS[name]} = ${fmt(value)}$`).join(', ');
  const above = sized.filter(({ value }) => Math.abs(value) > 1).reverse();
  return `Below 1 in size, the strongest first: ${list(sized.filter(({ value }) => Math.abs(value) < 1))}.`
    + (above.length ? ` Above 1, working against them: ${list(above)}.` : '')
    + (sized[0].value === 0 ? ' One of them is 0: nothing gets past it.' : '');
}

/** A backward step: what arrives, times the local derivative, is what goes on. */
const back = (to, from, local, colour, says) => ({
  to, from, local, says, back: true,
  rows: (s, n) => [
    [SIGNS[to], `${SIGNS[from]} × ${SIGNS[local]}`],
    ['', `${red(n[from], factor)} × ${colour(n[local] ?? s[local], factor)}`],
    ['', red(n[to])],
  ],
});

/** A forward step. */
const forward = (to, right, inserted, says, colour = blue) => ({
  to, says,
  rows: (s, n) => [[SIGNS[to], right], ['', inserted(s, n)], ['', colour(n[to])]],
});

export const STEPS = [
  { says: 'Five numbers are given; nothing is computed yet.', rows: () => [] },
  forward('z1', 'w_1 x', (s) => `${green(s.w1, factor)} × ${blue(s.x, factor)}`, 'The first weight times the input.'),
  forward('h', 'σ(z_1)', (s, n) => `σ(${blue(n.z1)})`, 'The sigmoid brings it between 0 and 1.'),
  forward('z2', 'w_2 h', (s, n) => `${green(s.w2, factor)} × ${blue(n.h)}`, 'The same again: the second weight times $h$.'),
  forward('yhat', 'σ(z_2)', (s, n) => `σ(${blue(n.z2)})`, 'A second sigmoid gives the prediction.'),
  forward('loss', '½ (ŷ − y)²', (s, n) => `½ (${blue(n.yhat)} − ${blue(s.y)})²`,
    'Half the squared distance to the target. The forward pass is done, and with it every factor that the way back needs.', purple),
  {
    to: 'd_yhat', from: 'loss', back: true,
    says: 'The loss sends the first message back: prediction minus target.',
    rows: (s, n) => [['∂L/∂ŷ', 'ŷ − y'], ['', `${blue(n.yhat)} − ${blue(s.y)}`], ['', red(n.d_yhat)]],
  },
  back('d_z2', 'd_yhat', 'slope2', blue, 'The sigmoid multiplies what arrives by its slope, $ŷ(1 − ŷ)$, which is never more than ¼.'),
  back('d_w2', 'd_z2', 'h', blue, 'At a product, the local derivative is the other factor. For $w_2$ that is $h$.'),
  back('d_h', 'd_z2', 'w2', green, 'For $h$ the other factor is $w_2$, with the value it had on the way forward.'),
  back('d_z1', 'd_h', 'slope1', blue, 'The first sigmoid multiplies by its slope, $h(1 − h)$.'),
  back('d_w1', 'd_z1', 'x', blue, 'For $w_1$ the other factor is $x$. Five numbers have met on one path; this is their product.'),
  {
    to: 'update', back: true,
    says: 'Both gradients are known, so both weights move at once.',
    rows: (s, n) => [
      ...['w1', 'w2'].map((name) => {
        const { sign, before, after } = moved(name, s, n);
        return [SIGNS[name], `[p:${before}] − ${fmt(s.eta)} × ${red(n[`d_${name}`], factor)} ${sign} [p:${after}]`, '←'];
      }),
      ['L', purple(n.new_loss)],
    ],
    after: (n) => `The loss was $${purple(n.loss)}$; to first order the gradients promised $${purple(n.promised_loss)}$.`,
  },
];
export const FORWARD_DONE = 5;

/** The step that shows a quantity. */
export const stepOf = (name) => STEPS.findIndex(({ to }) => to === name);

const WHY_MISSING = {
  d_yhat: 'Every path back begins at the loss, with $∂L/∂ŷ = ŷ − y$.',
  slope2: 'Between $ŷ$ and $z_2$ stands a sigmoid, and it multiplies by its slope $ŷ(1 − ŷ)$.',
  slope1: 'Between $h$ and $z_1$ stands a sigmoid, and it multiplies by its slope $h(1 − h)$.',
  w2: 'As $z_2 = w_2 h$, what goes on from $z_2$ to $h$ is multiplied by $w_2$.',
  h: 'As $z_2 = w_2 h$, moving $w_2$ by a little moves $z_2$ by $h$ times as much.',
  x: 'As $z_1 = w_1 x$, moving $w_1$ by a little moves $z_1$ by $x$ times as much.',
};

/** {title, text} in prose: what the figure says to a diagnosis. */
export function explain({ kind, about = [], off }, state, numbers, asked) {
  const names = about.map((name) => `$${name === 'd_yhat' ? 'ŷ − y' : SIGNS[name]}$`);
  const missing = `${names.join(' and ')} ${about.length > 1 ? 'are' : 'is'} missing`;
  const why = about.map((name) => WHY_MISSING[name]).join(' ');
  const [z, out] = about[0] === 'slope2' ? ['z_2', 'ŷ'] : ['z_1', 'h'];
  const path = `$${PATHS[asked].map(factorSign).join(' × ')}$`;
  const said = {
    correct: () => ['Correct.', `In full: $${SIGNS[asked]} = ${numbers[asked].toPrecision(9).replace('-', '−')}$.`],
    digits: () => ['One digit is too few.', 'Give two or more, so that one mistake can be told from another.'],
    missing: () => [`${missing}.`, why],
    'missing-and-sign': () => [`${missing}, and the sign is turned.`, `${why} And the first message is $ŷ − y$, not $y − ŷ$.`],
    sign: () => ['The sign is turned.', 'The first message is $ŷ − y$, prediction minus target; $y − ŷ$ is the way the prediction should move.'],
    'factor-2': () => ['Twice too large.', 'The loss carries ½, which cancels the 2 of the square: $∂L/∂ŷ = ŷ − y$.'],
    'wrong-order': () => ['That is with the updated $w_2$.', `The forward pass was run with $w_2 = ${fmt(state.w2)}$, and its gradient needs that value, not the new $${fmt(numbers.new_w2)}$. First all gradients, then all updates.`],
    'wrong-point': () => [`$σ′$ is taken at $${out}$, not at $${z}$.`, `The slope at $${z}$ is $${out}(1 − ${out})$, because $${out} = σ(${z})$ has been through the sigmoid already.`],
    'not-slope': () => ['$σ$ stands where $σ′$ belongs.', `On the way back the sigmoid multiplies by its slope $${out}(1 − ${out})$, not by its value $${out}$.`],
    swapped: () => [`${names[1]} stands where ${names[0]} belongs.`, 'The derivative of $w_2 h$ with respect to one factor is the other factor.'],
    'other-gradient': () => [`That is ${names[0]}.`.replace('ŷ − y', '∂L/∂ŷ'), `The path to $${SIGNS[asked]}$ is ${path}.`],
    rounding: () => [`Close: off by ${fmt(Number((100 * off).toPrecision(2)))} %.`, 'No factor is missing, so the digits were lost on the way: round once, at the end.'],
    other: () => ['Not that, and no mistake that this figure knows.', `The path back from $L$ has these factors: ${path}.`],
  };
  const [title, text] = said[kind]();
  return { title, text };
}
