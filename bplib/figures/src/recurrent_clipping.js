// Chapter 08: two units, W = [[ρ, κ], [0, ρ]], T steps. How the gradient's length changes on the way back, and what
// clipping does to the gradient at ρ and κ. The same numbers from the library: bplib/figures/recurrent_clipping.py.
import { button, figure, fmt, form, h, judge, number, prose, steps, toNumber, verdictBox } from 'bplib-figures';
import { axisBottom, axisLeft } from 'd3-axis';
import { scaleLinear } from 'd3-scale';
import { create } from 'd3-selection';
import { line } from 'd3-shape';

const LAST = 10;
const NETS = [[1.1, 0, 200], [0.9, 2, 60], [0.95, 0, 100], [0.8, 1, 30], [1.02, 0.5, 150], [0.9, 0, 200]]; // ρ, κ, T

/** Forward, backward, the gradient at ρ and κ summed over all steps, and both ways of clipping it. */
export function compute({ rho, kappa, T, limit }) {
  const count = Math.round(T);
  const states = [[1, 1]];
  for (let t = 0; t < count; t += 1) {
    const [a, b] = states[t];
    states.push([rho * a + kappa * b, rho * b]);
  }
  let g = [1, 0], d_rho = 0, d_kappa = 0;
  const lengths = { back0: 1 };
  for (let k = 1; k <= count; k += 1) {
    const [a, b] = states[count - k]; // the state that the weights met at this step
    d_rho += g[0] * a + g[1] * b;
    d_kappa += g[0] * b;
    g = [rho * g[0], kappa * g[0] + rho * g[1]]; // Wᵀ g
    lengths[`back${k}`] = Math.hypot(...g);
  }
  const shrink = Math.min(1, limit / Math.hypot(d_rho, d_kappa));
  const norm_rho = d_rho * shrink, norm_kappa = d_kappa * shrink;
  const value_rho = Math.min(limit, d_rho), value_kappa = Math.min(limit, d_kappa);
  const across = norm_rho * value_kappa - norm_kappa * value_rho, along = norm_rho * value_rho + norm_kappa * value_kappa;
  const turn = (Math.atan2(across, along) * 180) / Math.PI;
  const decades = Math.log10(lengths[`back${count}`]), eigen = count * Math.log10(rho);
  return { d_rho, d_kappa, norm_rho, norm_kappa, value_rho, value_kappa, turn, decades, eigen, ...lengths };
}

const signed = (x) => `${x > 0 ? '+' : ''}${fmt(Number(x.toFixed(2)))}`;
const curve = (state, numbers) => Array.from({ length: Math.round(state.T) + 1 }, (_, k) => Math.log10(numbers[`back${k}`]));
const pair = (numbers, by) => `(${fmt(numbers[`${by}_rho`], 3)}, ${fmt(numbers[`${by}_kappa`], 3)})`;

/** What the curve did, in words. */
function explain(state, numbers) {
  const all = curve(state, numbers), peak = all.indexOf(Math.max(...all));
  const hump = peak > 0 && peak < all.length - 1 ? ` It is longest after ${peak} step${peak === 1 ? '' : 's'} back: ${signed(all[peak])} decades.` : '';
  const gap = state.kappa > 0 ? ` The gain alone gives ${signed(numbers.eigen)}; the rest is the feed’s doing.` : ' Without a feed every step is worth the same.';
  return `Over ${all.length - 1} steps the gradient changes by ${signed(numbers.decades)} decades.${hump}${gap}`;
}

/** What clipping did, in words. */
function clipping(state, numbers) {
  const length = Math.hypot(numbers.d_rho, numbers.d_kappa);
  if (length <= state.limit) return 'The gradient is within the limit: neither way of clipping changes it.';
  const by = numbers.turn > 0.05 ? `it turns by ${fmt(numbers.turn, 2)}° towards the smaller entry` : 'it does not turn here';
  return `Clipped by norm it keeps its direction and becomes $${pair(numbers, 'norm')}$. By value it becomes $${pair(numbers, 'value')}$: ${by}.`;
}

function drawCurve(svg, width, state, numbers) {
  const height = 262, left = 46, bottom = height - 60;
  const all = curve(state, numbers), T = all.length - 1;
  const shown = all.slice(0, Math.round((T * state.step) / LAST) + 1);
  const open = state.step === LAST ? [...all, numbers.eigen] : [...shown, -1, 1]; // before the end, the axis gives nothing away
  const floor = Math.min(0, ...open), top = Math.max(0, ...open);
  const x = scaleLinear([0, T], [left, width - 12]), y = scaleLinear([floor, Math.max(top, floor + 0.1)], [bottom, 24]).nice();
  svg.attr('width', width).attr('height', height).attr('viewBox', `0 0 ${width} ${height}`).selectAll('*').remove();
  const minus = (tick) => String(tick).replace('-', '−');
  svg.append('g').attr('class', 'bp-axis').attr('transform', `translate(0,${bottom})`)
    .call(axisBottom(x).ticks(Math.min(T, width < 500 ? 4 : 8)).tickSizeOuter(0).tickPadding(7));
  svg.append('g').attr('class', 'bp-axis').attr('transform', `translate(${left},0)`)
    .call(axisLeft(y).ticks(5).tickSizeInner(-(width - left - 12)).tickSizeOuter(0).tickPadding(7).tickFormat(minus));
  const write = (at, height_, words, css, anchor = 'start') => svg.append('text').attr('class', css).attr('x', at).attr('y', height_).attr('text-anchor', anchor).text(words);
  write(0, 12, 'log₁₀ of the gradient’s length', 'bp-head');
  write(width - 12, height - 18, 'steps back from the end', 'bp-head', 'end');
  const path = (points, css) => svg.append('path').attr('d', line((v, k) => x(k), (v) => y(v))(points)).attr('style', `fill: none; ${css}`);
  path(shown.map((_, k) => k * Math.log10(state.rho)), 'stroke: var(--bp-reference); stroke-width: 2; stroke-dasharray: 6 4');
  path(shown, 'stroke: var(--bp-gradient); stroke-width: 2.5');
  const k = shown.length - 1;
  svg.append('circle').attr('cx', x(k)).attr('cy', y(shown[k])).attr('r', 5).attr('style', 'fill: var(--bp-gradient)');
  svg.attr('aria-label', `The gradient’s length on a log scale, ${k} of ${T} steps back: ${signed(shown[k])} decades. The gain alone gives ${signed(k * Math.log10(state.rho))}, dashed.`);
}

function drawArrows(svg, width, state, numbers) {
  const size = Math.min(width - 60, 190), left = 46, top = 24, bottom = top + size;
  const known = state.step === LAST, unit = size / 1.45; // pixels for one limit
  const place = (rho, kappa) => [left + (rho / state.limit) * unit, bottom - (kappa / state.limit) * unit];
  svg.attr('width', width).attr('height', bottom + 34).attr('viewBox', `0 0 ${width} ${bottom + 34}`).selectAll('*').remove();
  const mark = (name, set) => Object.entries(set).reduce((made, [key, value]) => made.attr(key, value), svg.append(name));
  const write = (at, height, words, css, anchor = 'start') => mark('text', { class: css, x: at, y: height, 'text-anchor': anchor }).text(words);
  mark('path', { d: `M${left} ${top}V${bottom}H${left + size}`, style: 'fill: none; stroke: var(--bp-muted)' });
  write(0, 12, '∂L/∂κ', 'bp-head');
  write(left + size, bottom + 28, '∂L/∂ρ', 'bp-head', 'end');
  const [edge] = place(state.limit, 0), grey = 'fill: none; stroke: var(--bp-reference); stroke-width: 1.5;';
  mark('path', { d: `M${left} ${bottom - unit}A${unit} ${unit} 0 0 1 ${edge} ${bottom}`, style: grey });
  mark('path', { d: `M${left} ${bottom - unit}H${edge}V${bottom}`, style: `${grey} stroke-dasharray: 5 4` });
  write(edge, bottom + 16, `limit ${fmt(state.limit)}`, 'bp-head', 'middle');
  const label = known ? clipping(state, numbers).replace(/\$/g, '') : 'The gradient is not known yet.';
  svg.attr('aria-label', `The gradient with respect to ρ and κ in the plane. ${label}`);
  if (!known) return;
  const length = Math.hypot(numbers.d_rho, numbers.d_kappa), far = Math.min(1, (1.4 * state.limit) / length);
  const arrow = (tip, colour, css, words) => {
    const [u, v] = [tip[0] - left, tip[1] - bottom], r = Math.hypot(u, v);
    if (r < 2) return;
    mark('line', { x1: left, y1: bottom, x2: tip[0], y2: tip[1], style: `stroke: var(--bp-${colour}); ${css}` });
    const angle = (Math.atan2(v, u) * 180) / Math.PI + 90;
    if (r > 10) mark('polygon', { points: '0,-2 5,9 -5,9', transform: `translate(${tip}) rotate(${angle})`, style: `fill: var(--bp-${colour})` });
    if (words) write(tip[0] + 8, tip[1] - 12, words, 'bp-head');
  };
  arrow(place(numbers.d_rho * far, numbers.d_kappa * far), 'reference', 'stroke-dasharray: 2 4; stroke-width: 1.5');
  const turned = numbers.turn > 8;
  arrow(place(numbers.value_rho, numbers.value_kappa), 'ink', 'stroke-width: 2.5; stroke-dasharray: 7 3', turned ? 'by value' : '');
  arrow(place(numbers.norm_rho, numbers.norm_kappa), 'gradient', 'stroke-width: 3', length <= state.limit ? 'not clipped' : turned ? 'by norm' : 'by norm, by value');
}

function makePrediction(view) {
  const lead = h('p', { class: 'bp-lead' });
  const box = h('input', { type: 'text', class: 'bp-box bp-guess', id: view.id('guess'), autocomplete: 'off', spellcheck: 'false', 'aria-label': 'your prediction in decades', placeholder: 'decades' });
  const verdict = verdictBox();
  let state, numbers, next = 0, judged = '';
  const shape = () => [state.rho, state.kappa, state.T].join();
  const tell = (right, title, text) => {
    judge(verdict, right ? 'correct' : 'other', title, prose(text));
    view.say(`${title} ${text}`);
  };
  const check = () => {
    const value = toNumber(box.value), { decades, eigen } = numbers;
    if (!Number.isFinite(value)) return tell(false, 'That is not a number.', 'Write it like 8.3 or −9.');
    judged = shape();
    view.set({ step: LAST });
    const near = (target) => Math.abs(value - target) <= Math.max(0.15, 0.06 * Math.abs(target));
    const why = explain(state, numbers);
    if (near(decades)) return tell(true, 'Right.', why);
    if (near(eigen)) return tell(false, 'That is the eigenvalue alone.', why);
    if (near(-decades)) return tell(false, 'The size is right, the sign is not.', why);
    if (near(Math.round(state.T) * (state.rho - 1))) return tell(false, 'That adds the steps’ changes; factors multiply.', why);
    return tell(false, `No: ${signed(decades)}.`, why);
  };
  const another = () => {
    const [rho, kappa, T] = NETS[next];
    next = (next + 1) % NETS.length;
    box.value = '';
    view.set({ rho, kappa, T, step: 0 });
  };
  const element = form('bp-predict', check, box, lead,
    h('div', { class: 'bp-row' }, box,
      h('button', { type: 'submit', class: 'bp-button bp-main' }, 'Check'),
      button('New net', another)),
    verdict);
  const update = (nextState, nextNumbers) => {
    [state, numbers] = [nextState, nextNumbers];
    lead.innerHTML = prose(`$ρ$ = ${fmt(state.rho)}, $κ$ = ${fmt(state.kappa)}: by how many decades does the gradient change in ${fmt(Math.round(state.T))} steps?`);
    if (judged !== shape()) verdict.hidden = true;
  };
  return { element, update };
}

function build(view) {
  const net = create('svg').attr('role', 'img'), plane = create('svg').attr('role', 'img');
  const moral = h('p', { class: 'bp-moral' }), clipped = h('p', { class: 'bp-moral' });
  const prediction = makePrediction(view);
  const beside = h('div', { style: 'display: flex; flex-wrap: wrap; gap: 1em 1.5em; align-items: center; margin-top: 1.2em' }, plane.node(), clipped);
  clipped.style.flex = '1 1 14em';
  view.body.append(prediction.element, h('div', { class: 'bp-part' }, net.node(), view.toolbar, view.message, moral, beside, view.controls));
  moral.style.marginTop = '.8em';
  return (state, numbers) => {
    prediction.update(state, numbers);
    drawCurve(net, view.width, state, numbers);
    drawArrows(plane, Math.min(300, view.width), state, numbers);
    const done = state.step === LAST;
    moral.textContent = done ? explain(state, numbers) : `The gradient has gone back ${Math.round((state.T * state.step) / LAST)} of ${Math.round(state.T)} steps.`;
    clipped.innerHTML = prose(done ? clipping(state, numbers) : 'The gradient at $ρ$ and $κ$ is a sum over all steps: it is known at the end.');
  };
}

figure('recurrent_clipping', {
  title: 'A gradient on its way back through a recurrent net, and two ways to clip it',
  state: {
    rho: number('ρ', 'the gain rho', 1.1, 0.4, 1.5, 0.01),
    kappa: number('κ', 'the feed kappa', 0.5, 0, 2, 0.05),
    T: { ...number('T', 'the number of steps', 40, 1, 200, 1), whole: true },
    limit: number('c', 'the limit of clipping', 1, 0.1, 10, 0.1),
    step: steps(LAST, LAST),
  },
  compute,
  build,
  announce(state, numbers) {
    if (state.step === LAST) return `${explain(state, numbers)} ${clipping(state, numbers)}`;
    const k = Math.round((state.T * state.step) / LAST);
    return `${k} steps back: ${signed(Math.log10(numbers[`back${k}`]))} decades.`;
  },
});
