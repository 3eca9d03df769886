// Chapter 17: a net of one unit a layer settles, and leaves an update behind; the gradient beside it.
// The same numbers from the library: bplib/figures/settling.py.
import { button, choice, figure, fmt, h, menu, number, predicted, steps } from 'bplib-figures';
import { axisBottom, axisLeft } from 'd3-axis';
import { scaleLinear } from 'd3-scale';
import { create } from 'd3-selection';
import { line } from 'd3-shape';

const LAST = 30, EACH = 2, W = [1.2, -0.6, 0.6], TARGET = 1, NEAR = 0.05;
const RULES = {
  plain: 'predictive coding',
  fixed: 'predictive coding, predictions held fixed',
  one: 'equilibrium propagation, one-sided',
  both: 'equilibrium propagation, symmetric',
};
const GUESSES = { yes: 'yes, the update is the gradient', no: 'no, it is farther off' };
const slope = (a) => 1 - a * a;
const forward = (x) => {
  const one = W[0] * x, two = W[1] * Math.tanh(one);
  return [one, two, W[2] * Math.tanh(two)];
};

/** Predictive coding: states, and the step of each weight, after every EACH-th step of inference. */
function code({ gamma, beta, x, rule }) {
  const first = forward(x), found = { lines: [], away: [], updates: [] }, pull = rule === 'fixed' ? 1 : beta;
  let [z1, z2] = first;
  for (let t = 0; t <= LAST * EACH; t += 1) {
    const [s1, s2] = rule === 'fixed' ? first : [z1, z2], a1 = Math.tanh(s1), a2 = Math.tanh(s2);
    const e1 = z1 - W[0] * x, e2 = z2 - W[1] * a1, e3 = pull * (TARGET - W[2] * a2);
    if (t % EACH === 0) {
      found.lines.push([z1, z2, W[2] * Math.tanh(z2)]);
      found.updates.push([(e1 * x) / pull, (e2 * a1) / pull, (e3 * a2) / pull]);
    }
    z1 += gamma * (slope(a1) * W[1] * e2 - e1);
    z2 += gamma * (slope(a2) * W[2] * e3 - e2);
  }
  const a1 = Math.tanh(first[0]), a2 = Math.tanh(first[1]), d3 = TARGET - first[2];
  const d2 = slope(a2) * W[2] * d3, d1 = slope(a1) * W[1] * d2;
  return { ...found, gradient: [d1 * x, d2 * a1, d3 * a2] };
}

/** One step of the settling net, pulled by `beta`. */
const settle = ([z1, z2, z3], gamma, x, beta) => {
  const a1 = Math.tanh(z1), a2 = Math.tanh(z2);
  return [
    z1 + gamma * (W[0] * x + W[1] * a2 - z1),
    z2 + gamma * (W[1] * a1 + W[2] * z3 - z2),
    z3 + gamma * (W[2] * a2 - beta * (z3 - TARGET) - z3),
  ];
};
const many = (z, count, ...how) => (count ? many(settle(z, ...how), count - 1, ...how) : z);
const pairs = ([z1, z2, z3], x) => [Math.tanh(z1) * x, Math.tanh(z2) * Math.tanh(z1), z3 * Math.tanh(z2)];

/** Equilibrium propagation: the first half of the steps free, the second half pulled. */
function propagate({ gamma, beta, x, rule }) {
  const found = { lines: [], away: [], updates: [] };
  let rest = forward(x), up = rest, down = rest;
  for (let step = 0; step <= LAST; step += 1) {
    if (step > LAST / 2) [up, down] = [many(up, EACH, gamma, x, beta), many(down, EACH, gamma, x, -beta)];
    else if (step) up = down = rest = many(rest, EACH, gamma, x, 0);
    found.lines.push(up);
    found.away.push(down);
    const other = pairs(rule === 'both' ? down : rest, x), apart = rule === 'both' ? 2 * beta : beta;
    found.updates.push(pairs(up, x).map((v, i) => (v - other[i]) / apart));
  }
  const still = many(forward(x), 900, 0.5, x, 0), a1 = Math.tanh(still[0]), a2 = Math.tanh(still[1]);
  let l = [0, 0, 0];
  for (let k = 0; k < 900; k += 1) {
    const next = [slope(a1) * W[1] * l[1], slope(a2) * (W[1] * l[0] + W[2] * l[2]), W[2] * l[1] + TARGET - still[2]];
    l = l.map((v, i) => v + 0.5 * (next[i] - v));
  }
  return { ...found, gradient: [l[0] * x, l[1] * a1 + a2 * l[0], l[2] * a2 + still[2] * l[1]] };
}

let kept = {};
const run = (state) => {
  const key = [state.gamma, state.beta, state.x, state.rule].join();
  if (kept.key !== key) kept = { key, path: /one|both/.test(state.rule) ? propagate(state) : code(state) };
  return kept.path;
};
const length = (v) => Math.hypot(...v);
const far = (u, g) => length(u.map((v, i) => v - g[i])) / length(g);

/** The step of each weight, the gradient turned round, the states, and how far the first is from the second. */
export function compute(state) {
  const path = run(state), u = path.updates[state.step], g = path.gradient, z = path.lines[state.step], found = {};
  for (let i = 0; i < 3; i += 1) Object.assign(found, { [`u${i + 1}`]: u[i], [`g${i + 1}`]: g[i], [`z${i + 1}`]: z[i] });
  const n = length(u), m = length(g), side = (sign) => length(u.map((v, i) => v / n + (sign * g[i]) / m));
  const angle = n ? 2 * Math.atan2(side(-1), side(1)) : -1;
  return { ...found, distance: far(u, g), angle, end: far(path.updates[LAST], g) };
}

const percent = (v) => `${fmt(100 * v, 2)} %`;
const explain = (n) => `At the end the distance from the gradient is ${percent(n.end)} of its length.`;
const phase = ({ rule, step }) => {
  if (!/one|both/.test(rule)) return `After ${step * EACH} steps of inference`;
  return step > LAST / 2 ? `${(step - LAST / 2) * EACH} steps into the pull` : `Free phase, ${step * EACH} steps`;
};
const now = (state, n) => `${phase(state)}: ${n.angle < 0 ? 'no update yet' : `the update is at ${fmt((n.angle * 180) / Math.PI, 2)}° to the gradient’s, distance ${percent(n.distance)}`}.`;

function plot(svg, view, state, n) {
  const path = run(state), { width } = view, left = 40, right = 74, top = 14, low = 200, height = low + 176;
  svg.attr('width', width).attr('height', height).attr('viewBox', `0 0 ${width} ${height}`).selectAll('*').remove();
  const values = [0, 1.05, ...path.lines.flat(), ...(state.rule === 'both' ? path.away.flat() : [])].map((v) => Math.max(-4, Math.min(4, v)));
  const x = scaleLinear([0, LAST], [left, width - right]), y = scaleLinear([Math.min(...values) - 0.2, Math.max(...values)], [low, top]).clamp(true);
  const axis = (call, move) => svg.append('g').attr('class', 'bp-axis').attr('transform', move).call(call.tickSizeOuter(0).tickPadding(7));
  axis(axisBottom(x).ticks(view.narrow ? 3 : 6).tickFormat((v) => v * EACH), `translate(0,${low})`);
  axis(axisLeft(y).ticks(4).tickFormat((v) => String(v).replace('-', '−')), `translate(${left},0)`);
  const write = (words, at, up, paint, align = 'start') => svg.append('text').attr('x', at).attr('y', up).attr('text-anchor', align)
    .style('font-family', 'inherit').style('font-size', '14px').style('fill', `var(--bp-${paint})`).text(words);
  const stroke = (d, paint, dash, wide = 1.5) => svg.append('path').attr('d', d).style('fill', 'none').style('stroke', `var(--bp-${paint})`)
    .style('stroke-width', wide).style('stroke-dasharray', dash);
  write('steps', width - right, low + 38, 'muted', 'end');
  stroke(`M${left} ${y(TARGET)}H${width - right}`, 'reference', '2 3');
  write('target', left + 6, y(TARGET) + 16, 'reference');
  if (/one|both/.test(state.rule)) {
    stroke(`M${x(LAST / 2)} ${top}V${low}`, 'line');
    write('pull', x(LAST / 2) + 4, low - 6, 'muted');
  }
  const trace = line((v, i) => x(i), (v) => y(v)), shown = state.step + 1, at = x(state.step);
  const ends = [n.z1, n.z2, n.z3].map((v, i) => [y(v), i]).sort((a, b) => a[0] - b[0]);
  ends.forEach((each, k) => (each[2] = k ? Math.max(each[0], ends[k - 1][2] + 17) : each[0]));
  ends.forEach(([end, i, place]) => {
    if (state.rule === 'both') stroke(trace(path.away.slice(0, shown).map((z) => z[i])), 'muted', '1 3');
    stroke(trace(path.lines.slice(0, shown).map((z) => z[i])), 'forward', ['7 4', '2 3', null][i], 2.5);
    svg.append('circle').attr('cx', at).attr('cy', end).attr('r', 4).style('fill', 'var(--bp-forward)');
    write(['hidden 1', 'hidden 2', 'output'][i], at + 8, place + 5, 'forward').style('paint-order', 'stroke').style('stroke', 'var(--bp-surface)').style('stroke-width', '4px');
  });
  const u = [n.u1, n.u2, n.u3], g = [n.g1, n.g2, n.g3], reach = Math.max(...g.map(Math.abs), ...path.updates[LAST].map(Math.abs), 1e-9);
  const bar = scaleLinear([-reach, reach], [left, width - right]).clamp(true);
  u.forEach((value, i) => {
    const up = low + 52 + 40 * i;
    write(`w${'₁₂₃'[i]}`, 6, up + 17, 'parameter');
    const box = (v, inset) => svg.append('rect').attr('x', Math.min(bar(0), bar(v))).attr('width', Math.abs(bar(v) - bar(0))).attr('y', up + inset).attr('height', 24 - 2 * inset);
    box(value, 6).style('fill', 'var(--bp-gradient)');
    box(g[i], 0).style('fill', 'none').style('stroke', 'var(--bp-reference)').style('stroke-width', 2).style('stroke-dasharray', '4 3');
    write(fmt(Number(value.toFixed(3))), width - right + 8, up + 17, 'gradient');
  });
  stroke(`M${bar(0)} ${low + 46}V${height - 6}`, 'muted');
  svg.attr('aria-label', `States of the net over the steps, and the step of each weight beside minus the gradient. ${now(state, n)}`);
}

function build(view) {
  const svg = create('svg').attr('role', 'img');
  const guess = menu(view, 'guess', GUESSES, 'your prediction');
  const rule = menu(view, 'rule', RULES, 'the rule', (value) => ({ rule: value, step: 0 }));
  const moral = h('p', { class: 'bp-moral', style: 'margin: .8em 0' });
  let state, numbers;
  const prediction = predicted(view, ['gamma', 'beta', 'x', 'rule', 'guess'], () => {
    const right = (numbers.end <= NEAR) === (state.guess === 'yes');
    return [right, right ? 'Right.' : 'No.', explain(numbers)];
  });
  view.body.append(
    h('div', { class: 'bp-predict' },
      h('p', { class: 'bp-lead' }, 'Once settled, will the update match the gradient to 5 %?'),
      h('div', { class: 'bp-row' }, rule),
      h('div', { class: 'bp-row', style: 'margin-top: .6em' }, guess, button('Check', prediction.check, true)),
      prediction.element),
    h('div', { class: 'bp-part' }, svg.node(), moral, view.toolbar, view.message, view.controls));
  return (nextState, nextNumbers) => {
    [state, numbers] = [nextState, nextNumbers];
    guess.value = state.guess;
    rule.value = state.rule;
    prediction.update(state);
    plot(svg, view, state, numbers);
    moral.textContent = now(state, numbers);
  };
}

figure('settling', {
  title: 'A small net that settles, and the update it leaves behind',
  state: {
    gamma: number('γ', 'the size of a step, gamma', 0.3, 0.05, 0.6, 0.05),
    beta: number('β', 'the strength of the pull, beta', 1, 0.05, 1, 0.05),
    x: number('x', 'the input', 1, 0.2, 2, 0.1),
    step: steps(LAST, 0),
    rule: choice('the rule', 'plain', Object.keys(RULES)),
    guess: choice('your prediction', 'yes', Object.keys(GUESSES)),
  },
  compute,
  build,
  announce: (state, n) => now(state, n),
});
