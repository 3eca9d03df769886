// Chapter 07: how long the gradient is at each layer of a deep net. This file holds the arithmetic: five random nets,
// forward and backward, and the mean-field theory; vanishing_explorer_view.js draws. The same numbers by the library:
// bplib/figures/vanishing_explorer.py.
import { choice, figure, fmt, number } from 'bplib-figures';
import { build, sentence } from './vanishing_explorer_view.js';

const N = 64, BATCH = 16, NETS = 5, LAYERS = 30, EPS = 1e-5, C = Math.sqrt(2 / Math.PI);
const VARIANCES = { naive: 64 * 0.01 ** 2, xavier: 1, he: 2, orthogonal: 1 };
// Each activation: z → [f(z), f′(z)].
const F = {
  sigmoid: (z) => { const a = 1 / (1 + Math.exp(-z)); return [a, a * (1 - a)]; },
  tanh: (z) => { const a = Math.tanh(z); return [a, 1 - a * a]; },
  relu: (z) => (z > 0 ? [z, 1] : [0, 0]),
  gelu: (z) => {
    const t = Math.tanh(C * (z + 0.044715 * z ** 3));
    return [0.5 * z * (1 + t), 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * C * (1 + 0.134145 * z * z)];
  },
};

/** `count` numbers even between −√3 and √3, by MurmurHash3's last steps on a counter. */
function draws(net, layer, count) {
  return Float64Array.from({ length: count }, (_, e) => {
    let k = (net * 32 + layer) * 4096 + e;
    for (const [shift, factor] of [[16, 0x85ebca6b], [13, 0xc2b2ae35], [16, 1]]) k = Math.imul(k ^ (k >>> shift), factor);
    return (((k >>> 0) + 0.5) / 2 ** 31 - 1) * Math.sqrt(3);
  });
}

const made = {};
/** Entries of variance 1, or 64 mirrors one after the other, which keep every length. */
function weights(net, layer, orthogonal) {
  return (made[[net, layer, orthogonal]] ??= (() => {
    const table = draws(net, layer, N * N);
    if (!orthogonal) return table;
    const Q = Float64Array.from({ length: N * N }, (_, e) => (e % (N + 1) ? 0 : 1));
    for (let k = 0; k < N; k += 1) {
      const v = table.subarray(k * N, (k + 1) * N);
      let pull = 0;
      for (let j = 0; j < N; j += 1) pull += v[j] * v[j];
      for (let i = 0; i < N * N; i += N) {
        let dot = 0;
        for (let j = 0; j < N; j += 1) dot += Q[i + j] * v[j];
        for (let j = 0; j < N; j += 1) Q[i + j] -= (2 / pull) * dot * v[j];
      }
    }
    return Q;
  })());
}

/** Z = H Wᵀ, or H W where the weights are to be crossed backwards. */
function times(H, W, size, back) {
  const Z = new Float64Array(BATCH * N);
  for (let b = 0; b < BATCH * N; b += N) {
    for (let i = 0; i < N; i += 1) {
      const w = i * N, given = size * H[b + i];
      let sum = 0;
      if (back) for (let j = 0; j < N; j += 1) Z[b + j] += given * W[w + j];
      else for (let j = 0; j < N; j += 1) sum += H[b + j] * W[w + j];
      if (!back) Z[b + i] = size * sum;
    }
  }
  return Z;
}

/** Call `each` with the places of every group of numbers that is normalised together. */
const groups = (norm, each) => {
  const [count, size, across, down] = norm === 'batch' ? [N, BATCH, N, 1] : [BATCH, N, 1, N];
  for (let g = 0; g < count; g += 1) each(Array.from({ length: size }, (_, i) => g * down + i * across));
};
const mean = (places, value) => places.reduce((sum, p) => sum + value(p), 0) / places.length;

/** log10 ‖δ(l)‖/‖δ(K)‖ of one net. */
function norms({ gain, keep, depth, f, start, norm, branch }, net) {
  const orthogonal = start === 'orthogonal', scale = branch === 'shared' ? depth ** -0.5 : 1;
  const size = gain * (orthogonal ? 1 : Math.sqrt(VARIANCES[start] / N));
  const walked = [];
  let h = draws(net, 30, BATCH * N);
  for (let l = 0; l < depth; l += 1) {
    const W = weights(net, l, orthogonal), u = times(h, W, size), factor = new Float64Array(BATCH * N).fill(1);
    if (norm !== 'none') {
      groups(norm, (places) => {
        const mu = mean(places, (p) => u[p]);
        const root = (mean(places, (p) => (u[p] - mu) ** 2) + EPS) ** -0.5;
        for (const p of places) [u[p], factor[p]] = [(u[p] - mu) * root, root];
      });
    }
    const pairs = Array.from(u, F[f]);
    walked.push({ W, u, factor, slope: pairs.map(([, s]) => s) });
    h = h.map((v, p) => keep * v + scale * pairs[p][0]);
  }
  let g = draws(net, 31, BATCH * N);
  const logs = walked.reverse().map(({ W, u, factor, slope }) => {
    const d = g.map((v, p) => scale * v * slope[p]);
    if (norm !== 'none') {
      groups(norm, (places) => {
        const plain = mean(places, (p) => d[p]), along = mean(places, (p) => d[p] * u[p]);
        for (const p of places) d[p] = factor[p] * (d[p] - plain - u[p] * along);
      });
    }
    const through = times(d, W, size, true);
    g = g.map((v, p) => keep * v + through[p]);
    return Math.log10(d.reduce((sum, v) => sum + v * v, 0)) / 2;
  }).reverse();
  return logs.map((v) => v - logs.at(-1));
}

/** The same by theory: two averages over the bell curve for each layer, and no net. */
function theory({ gain, keep, depth, f, start, norm, branch }) {
  const s = VARIANCES[start] * gain ** 2, scale = branch === 'shared' ? depth ** -0.5 : 1;
  const grid = Array.from({ length: 400 }, (_, i) => ((i + 0.5) / 200 - 1) * 8);
  const bell = grid.map((z) => Math.exp((-z * z) / 2)), all = bell.reduce((a, b) => a + b);
  let [middle, square, spread] = [0, 1, 1];
  const own = [], through = [];
  for (let l = 0; l < depth; l += 1) {
    const size = s * (norm === 'batch' ? spread : square), root = Math.sqrt(norm === 'none' ? size : 1);
    let [first, second, slope] = [0, 0, 0];
    grid.forEach((z, i) => {
      const [a, d] = F[f](root * z), weight = bell[i] / all;
      first += weight * a; second += weight * a * a; slope += weight * d * d;
    });
    const chi = slope / (norm === 'none' ? 1 : size);
    own.push(scale ** 2 * chi);
    through.push(keep ** 2 + scale ** 2 * s * chi);
    spread = keep ** 2 * spread + scale ** 2 * (second - first ** 2);
    square = keep ** 2 * square + 2 * keep * scale * middle * first + scale ** 2 * second;
    middle = keep * middle + scale * first;
  }
  let sum = 0;
  const logs = own.map((_, i) => {
    const l = depth - 1 - i, log = (sum + Math.log10(own[l])) / 2;
    sum += Math.log10(through[l]);
    return log;
  }).reverse();
  return logs.map((v) => v - logs.at(-1));
}

let last = {};
/** The numbers; a prediction changes none of them, so those of the last nets are kept. */
export function compute({ guess, ...state }) {
  const of = JSON.stringify(state);
  if (last.of !== of) last = { of, numbers: computed(state) };
  return last.numbers;
}

function computed(state) {
  const nets = Array.from({ length: NETS }, (_, net) => norms(state, net));
  const t = theory(state), numbers = {};
  for (let l = 0; l < state.depth; l += 1) {
    const here = nets.map((logs) => logs[l]);
    numbers[`m${l + 1}`] = here.reduce((a, b) => a + b) / NETS;
    numbers[`a${l + 1}`] = Math.min(...here);
    numbers[`b${l + 1}`] = Math.max(...here);
    numbers[`t${l + 1}`] = t[l];
  }
  return { ...numbers, drift: numbers.m1 / (state.depth - 1), theory: t[0] / (state.depth - 1) };
}

figure('vanishing_explorer', {
  title: 'The gradient by layer, measured and predicted',
  state: {
    gain: number('g', 'the gain: all weights times g', 1, 0.1, 1.5, 0.05),
    keep: number('k', 'the shortcut: h becomes k times h plus the layer', 0, 0, 1, 0.05),
    depth: { ...number('K', 'the number of layers, K', LAYERS, 2, LAYERS, 1), whole: true },
    f: choice('the activation', 'relu', Object.keys(F)),
    start: choice('the initial weights', 'xavier', Object.keys(VARIANCES)),
    norm: choice('the normalisation', 'none', ['none', 'batch', 'layer']),
    branch: choice('the size of each layer’s contribution', 'full', ['full', 'shared']),
    guess: choice('your prediction', 'shown', ['shown', 'asked', 'fades', 'level', 'explodes']),
  },
  compute,
  build,
  announce: (state, numbers) => (state.guess === 'asked' ? 'The gradient is hidden. Predict what becomes of it.' : sentence(state, numbers, fmt)),
});
