// The worked example drawn: the net, the equation of the step, the prediction, and the five factors on a log axis.
import { button, factor, fit, fmt, form, h, judge, math, prose, spoken, svgMath, toNumber, verdictBox, wide } from 'bplib-figures';
import { axisBottom } from 'd3-axis';
import { scaleLog } from 'd3-scale';
import { create } from 'd3-selection';
import { explain, moved, PATHS, shrinking, SIGNS, STEPS, stepOf } from './worked_example_words.js';

const RADIUS = 20;
const CHAIN = ['x', 'z1', 'h', 'z2', 'yhat', 'loss'];
const ABOVE = { w1: 'z1', w2: 'z2', y: 'loss' };
// Each edge as the forward pass goes, the step that takes it back, and what that step multiplies by.
const EDGES = [
  ['x', 'z1'], ['w1', 'z1', 'd_w1', 'x'], ['z1', 'h', 'd_z1', 'slope1'], ['h', 'z2', 'd_h', 'w2'], ['w2', 'z2', 'd_w2', 'h'],
  ['z2', 'yhat', 'd_z2', 'slope2'], ['yhat', 'loss', 'd_yhat'], ['y', 'loss'],
];
const given = (name) => name === 'x' || name in ABOVE;
const FACTORS = PATHS.d_w1;

/** Where everything stands: a row of nodes on a wide page, a column on a phone. */
function layout(width, narrow) {
  const place = {};
  CHAIN.forEach((name, i) => {
    place[name] = narrow ? { x: 104, y: 50 + 82 * i } : { x: 86 + (i * (width - 86 - 40)) / 5, y: 128 };
    const { x, y } = place[name];
    Object.assign(place[name], narrow ? { value: [132, y + 5], gradient: [206, y + 5] } : { value: [x, y + 62], gradient: [x, y + 88] });
  });
  for (const [name, child] of Object.entries(ABOVE)) {
    const { x, y } = place[child];
    place[name] = narrow
      ? { x: 34, y, value: [36, y + 38], gradient: [36, y + 57] }
      : { x, y: 34, value: name === 'y' ? [x - 28, 39] : [x + 28, 31], gradient: [x + 28, 50] };
  }
  return { place, height: narrow ? 50 + 82 * 5 + 46 : 226, anchor: narrow ? 'start' : 'middle' };
}

function drawNet(svg, view, state, numbers) {
  const { narrow } = view;
  const width = narrow ? Math.min(320, view.width) : view.width;
  const { place, height, anchor } = layout(width, narrow);
  const between = place.z1.x - place.x.x;
  const short = (value, room) => (narrow ? fit(room / 16, (digits) => fmt(value, digits)) : fmt(value));
  const weight = (name) => {
    const { sign, before, after } = moved(name, state, numbers);
    if (sign === '=' && before === after) return after; // its gradient is 0
    const room = narrow ? 72 : 2 * between - 64 - 16 * wide(fmt(state.y)); // y and its value stand right of w_2
    const forms = narrow ? [`→ ${after}`] : [`${before} → ${after}`, `→ ${after}`];
    const fits = sign === '=' && forms.find((text) => wide(text) * 16 <= room);
    return fits || `≈ ${short(numbers[`new_${name}`], room - 17)}`;
  };
  const shown = (name) => given(name) || stepOf(name) <= state.step;
  const active = STEPS[state.step];
  svg.attr('width', width).attr('height', height).attr('viewBox', `0 0 ${width} ${height}`).selectAll('*').remove();
  const write = (x, y, markup, css, align = anchor) => svgMath(svg.append('text').attr('class', css).attr('text-anchor', align).attr('x', x).attr('y', y), markup);
  const [valueAt, gradientAt] = narrow ? [[132, 14], [206, 14]] : [[0, 190], [0, 216]];
  write(...valueAt, '', 'bp-head', 'start').text('value');
  write(...gradientAt, '∂L/∂ this', 'bp-head', 'start').text('gradient');

  for (const [from, to, gradient, local] of EDGES) {
    const a = place[from], b = place[to];
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    const [ux, uy] = [(b.x - a.x) / length, (b.y - a.y) / length];
    const arrow = (start, end, side, css) => {
      // forward on one side of the middle line, backward on the other
      const at = (node, away) => [node.x + away * ux * (RADIUS + 6) + side * uy, node.y + away * uy * (RADIUS + 6) - side * ux];
      const [p, q] = start === from ? [at(a, 1), at(b, -1)] : [at(b, -1), at(a, 1)];
      const angle = (Math.atan2(q[1] - p[1], q[0] - p[0]) * 180) / Math.PI + 90;
      svg.append('line').attr('class', `bp-edge ${css}`).attr('x1', p[0]).attr('y1', p[1]).attr('x2', q[0]).attr('y2', q[1]);
      svg.append('polygon').attr('class', `bp-tip ${css}`).attr('points', '0,-5 4,4 -4,4')
        .attr('transform', `translate(${q}) rotate(${angle})`);
    };
    const mid = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    const along = Math.abs(ux) > Math.abs(uy);
    arrow(from, to, 5, shown(to) && shown(from) ? (active.to === to ? 'bp-now' : 'bp-done') : 'bp-idle');
    if (to === 'h' || to === 'yhat') along ? write(mid.x, mid.y - 13, 'σ', 'bp-op', 'middle') : write(mid.x - 13, mid.y + 4, 'σ', 'bp-op', 'end');
    if (gradient && shown(gradient)) {
      arrow(to, from, -5, `bp-back${active.to === gradient ? ' bp-now' : ''}`);
      const room = along ? length - 2 * RADIUS : width - mid.x - 14;
      const value = local && fit(room / 14, (digits) => `× ${factor(numbers[local] ?? state[local], digits)}`);
      if (local && along && !narrow) write(mid.x, mid.y + 23, value, 'bp-local', 'middle');
      else if (local && !along) write(mid.x + 14, mid.y + 4, value, 'bp-local', 'start');
    }
  }

  for (const name of [...CHAIN, ...Object.keys(ABOVE)]) {
    const { x, y, value, gradient } = place[name];
    const kind = name === 'loss' ? 'bp-loss' : name[0] === 'w' ? 'bp-parameter' : 'bp-value';
    const now = active.to === name || active.to === `d_${name}` || (active.to === 'update' && name[0] === 'w');
    svg.append('circle').attr('class', `bp-node ${kind}${shown(name) ? '' : ' bp-idle'}${now ? ' bp-now' : ''}`).attr('cx', x).attr('cy', y).attr('r', RADIUS);
    write(x, y + 6, SIGNS[name], `bp-sign${shown(name) ? '' : ' bp-idle'}`, 'middle');
    const aside = !(name in ABOVE) ? anchor : narrow ? 'middle' : name === 'y' ? 'end' : 'start';
    const updated = active.to === 'update' && name[0] === 'w';
    if (shown(name)) write(...value, updated ? weight(name) : short(numbers[name] ?? state[name], 68), `bp-number ${kind}`, aside);
    if (`d_${name}` in PATHS) {
      const known = shown(`d_${name}`);
      write(...gradient, known ? short(numbers[`d_${name}`], name in ABOVE ? 68 : width - gradient[0]) : '?', `bp-number ${known ? 'bp-gradient' : 'bp-unknown'}`, aside);
    }
  }
  const said = [...CHAIN, ...Object.keys(ABOVE)].filter(shown).map((name) => `${SIGNS[name]} = ${fmt(numbers[name] ?? state[name])}`);
  const sent = Object.keys(PATHS).filter(shown).map((name) => `${SIGNS[name]} = ${fmt(numbers[name])}`);
  svg.attr('aria-label', spoken(`The net: x and w_1 give z_1, σ gives h; h and w_2 give z_2, σ gives ŷ; ŷ and y give L. ${[...said, ...sent].join(', ')}`));
}

/** The product of the five factors, walked along a log axis: each bar is one factor, the last end is the gradient. */
function drawFactors(svg, view, state, numbers) {
  const { width, narrow } = view;
  const values = FACTORS.map((name) => numbers[name] ?? state[name]);
  const running = values.reduce((all, value) => [...all, all.at(-1) * Math.abs(value)], [1]);
  const known = stepOf('loss') <= state.step;
  const done = stepOf('d_w1') <= state.step;
  const left = narrow ? 142 : 168, row = 30, top = 8, bottom = top + row * 6;
  const finite = running.filter((value) => value > 0);
  const least = Math.max(1e-9, Math.min(1e-3, ...finite));
  const scale = scaleLog([least, Math.max(...finite)], [left, width - 14]).nice();
  const [low, high] = scale.domain();
  const x = (value) => scale(Math.max(low, value));
  svg.attr('width', width).attr('height', bottom + 50).attr('viewBox', `0 0 ${width} ${bottom + 50}`).selectAll('*').remove();
  const powers = scale.ticks(12).filter((tick) => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9);
  const every = Math.ceil(powers.length / (narrow ? 4 : 8));
  const axis = axisBottom(scale).tickValues(powers).tickSizeInner(-(bottom - top)).tickSizeOuter(0).tickPadding(9)
    .tickFormat((tick, i) => ((powers.length - 1 - i) % every ? '' : fmt(tick).replace('1 × ', '')));
  svg.append('g').attr('class', 'bp-axis').attr('transform', `translate(0,${bottom})`).call(axis);
  const write = (at, y, markup, css, align) => svgMath(svg.append('text').attr('class', css).attr('x', at).attr('y', y).attr('text-anchor', align), markup);
  write(narrow ? width : (left + width) / 2, bottom + 44, '', 'bp-head', narrow ? 'end' : 'middle').text('size of the product so far');
  FACTORS.forEach((name, i) => {
    const y = top + row * i + row / 2;
    write(0, y + 5, name === 'd_yhat' ? 'ŷ − y' : SIGNS[name], 'bp-sign', 'start');
    write(left - 12, y + 5, known || name === 'w2' || name === 'x' ? fmt(values[i], narrow ? 3 : 4) : '·', 'bp-number', 'end');
    if (!known) return;
    const [a, b] = [x(running[i]), x(running[i + 1])];
    svg.append('rect').attr('class', `bp-bar${Math.abs(values[i]) < 1 ? ' bp-shrinks' : ''}`).attr('x', Math.min(a, b)).attr('y', y - 8).attr('width', Math.max(2, Math.abs(a - b))).attr('height', 16).attr('rx', 2);
    if (done || i < 4) svg.append('line').attr('class', 'bp-drop').attr('x1', b).attr('x2', b).attr('y1', y + 8).attr('y2', y + row - 8);
  });
  const y = top + row * 5 + row / 2;
  write(0, y + 5, SIGNS.d_w1, 'bp-sign', 'start');
  write(left - 12, y + 5, done ? fmt(numbers.d_w1, narrow ? 3 : 4) : '?', `bp-number ${done ? 'bp-gradient' : 'bp-unknown'}`, 'end');
  if (done) svg.append('polygon').attr('class', 'bp-product').attr('points', '0,-9 6,0 0,9 -6,0').attr('transform', `translate(${x(running[5])},${y})`);
  const list = FACTORS.map((name, i) => `${name === 'd_yhat' ? 'ŷ − y' : SIGNS[name]} = ${fmt(values[i])}`).join(', ');
  svg.attr('aria-label', spoken(known ? `The five factors on a log axis from ${fmt(low)} to ${fmt(high)}: ${list}.` : 'The five factors, not all known yet.'));
  return known;
}

function makePrediction(view) {
  const options = Object.keys(PATHS).map((name) => h('option', { value: name }, SIGNS[name].replace('_1', '₁').replace('_2', '₂')));
  const select = h('select', { id: view.id('ask'), class: 'bp-select', 'aria-label': 'the gradient to predict' }, ...options);
  const box = h('input', { type: 'text', class: 'bp-box bp-guess', id: view.id('guess'), autocomplete: 'off', spellcheck: 'false', 'aria-label': 'your prediction', placeholder: 'your number' });
  const verdict = verdictBox();
  let state, numbers;
  const tell = (kind, title, text) => {
    judge(verdict, kind, prose(title), prose(text));
    view.say(`${title} ${text}`);
  };
  const reveal = () => {
    verdict.hidden = true;
    view.set({ step: stepOf(state.ask) });
  };
  const check = () => {
    const value = toNumber(box.value);
    if (!Number.isFinite(value)) return tell('type', 'That is not a number.', 'Write it like −0.0123 or 1.2e−3.');
    const typed = String(box.value).trim().replace(/[−–]/g, '-').replace(',', '.');
    const asked = state.ask;
    const found = view.spec.diagnose(state, numbers, asked, typed, value);
    const { title, text } = explain(found, state, numbers, asked);
    const also = found.also ? ` It would also fit another mistake: ${explain(found.also, state, numbers, asked).title}` : '';
    if (found.kind === 'correct' && stepOf(asked) > state.step) view.set({ step: stepOf(asked) });
    tell(found.kind, title, text + also);
  };
  const element = form('bp-predict', check, box,
    h('p', { class: 'bp-lead', html: 'Predict before you step on: what comes out, and which factors go in?' }),
    h('div', { class: 'bp-row' }, select, h('span', { class: 'bp-m' }, '='), box,
      h('button', { type: 'submit', class: 'bp-button bp-main' }, 'Check'),
      button('Show it', reveal)),
    verdict);
  select.addEventListener('change', () => {
    verdict.hidden = true;
    box.value = '';
    view.set({ ask: select.value });
  });
  const update = (nextState, nextNumbers) => {
    const changed = state && ['x', 'w1', 'w2', 'y', 'eta'].some((key) => state[key] !== nextState[key]);
    [state, numbers] = [nextState, nextNumbers];
    select.value = state.ask;
    if (!changed || verdict.hidden) return;
    verdict.hidden = true; // it spoke of other numbers, and so did the guess
    box.value = '';
  };
  return { element, update };
}

/** Make the parts once; what comes back draws a state. */
export function build(view) {
  const net = create('svg').attr('role', 'img').attr('class', 'bp-net');
  const chain = create('svg').attr('role', 'img').attr('class', 'bp-factors');
  const where = h('p', { class: 'bp-where' });
  const says = h('p', { class: 'bp-says' });
  const equation = h('div', { class: 'bp-equation' });
  const moral = h('p', { class: 'bp-moral' });
  const prediction = makePrediction(view);
  view.body.append(
    net.node(),
    h('div', { class: 'bp-step' }, h('div', {}, where, says), equation),
    view.toolbar, view.message, prediction.element,
    h('div', { class: 'bp-part' },
      h('p', { class: 'bp-lead', html: prose('$∂L/∂w_1$ is a product of five numbers along one path. Which of them shrink it?') }),
      view.controls, chain.node(), moral),
  );
  return (state, numbers) => {
    const step = STEPS[state.step];
    drawNet(net, view, state, numbers);
    const part = state.step === 0 ? 'Given' : step.to === 'update' ? 'Update' : step.back ? 'Backward' : 'Forward';
    where.textContent = `${part} · step ${state.step} of ${STEPS.length - 1}${step.local ? ' · what arrives × local derivative' : ''}`;
    says.innerHTML = prose(step.says + (step.after ? ` ${step.after(numbers)}` : ''));
    equation.innerHTML = step.rows(state, numbers)
      .map(([left, right, sign = '=']) => `<span class="bp-left">${math(left)}</span><span class="bp-m">${sign}</span><span>${math(right)}</span>`).join('');
    prediction.update(state, numbers);
    const known = drawFactors(chain, view, state, numbers);
    moral.innerHTML = known
      ? prose(shrinking(state, numbers))
      : 'The forward pass has to come first: it computes the factors.';
  };
}
