// What d3-scale asks of d3-interpolate, for numbers only: colours come from CSS, so d3-color stays out of the bundle.
export const interpolateNumber = (a, b) => (t) => a * (1 - t) + b * t;
export const interpolate = interpolateNumber;
export const interpolateRound = (a, b) => (t) => Math.round(a * (1 - t) + b * t);
export const piecewise = () => {
  throw new Error('piecewise colour scales are not bundled; name colours in CSS');
};
