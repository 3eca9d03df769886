// What figures share: the kit, and the parts of D3 that some figure uses. It is bundled once, into figures.js; a figure's
// own script imports 'bplib-figures' and 'd3-…' as usual and is given these (see from_core.cjs and hatch_build.py).
export { figure } from './kit.js';
export { button, form, judge, menu, predicted, verdictBox } from './parts.js';
export { makeQuestion, store } from './quiz.js';
export { choice, number, read, steps, toNumber, words } from './state.js';
export { factor, fit, fmt, h, math, prose, spoken, svgMath, wide } from './text.js';
export { axisBottom, axisLeft } from 'd3-axis';
export { scaleLinear, scaleLog, scalePoint } from 'd3-scale';
export { create, select } from 'd3-selection';
export { area, curveBasis, line } from 'd3-shape';
