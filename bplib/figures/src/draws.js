// Random numbers that a figure and its Python half (bplib/figures/_draws.py) draw alike, and tables of numbers.

/** Numbers from −1 to 1 in an order that the seed fixes (mulberry32). */
export const generator = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * 2 - 1;
};

/** Another seed from 1 to 99, for a button “Other numbers”. */
export const nextSeed = (draw) => (Math.floor(draw + 0.5) % 99) + 1;

export const table = (rows, columns, value) => Array.from({ length: rows }, () => Array.from({ length: columns }, value));
export const dot = (a, b) => a.reduce((sum, v, i) => sum + v * b[i], 0);
