// The graph stepper drawn: the formula's field, the graph, what the step does, the prediction, the count of paths.
import { button, create, factor, fit, fmt, form, h, judge, math, prose, read as accept, spoken, toNumber, verdictBox } from 'bplib-figures';
import { read, VARIABLES } from './graph_stepper_formula.js';

const BOX = { width: 68, height: 60 };
const g = (value) => `[g:${fmt(value)}]`;
const title = ({ kind, name, data }) => name ?? (kind === 'number' ? fmt(data) : kind === '**' ? `^ ${fmt(data)}` : kind);
const inside = (text) => text.replace(/^\[g:(−.*)\]$/, '([g:$1])');

/** Everything that a step shows and says. */
export function tell(state, numbers, walk) {
  const graph = read(state.formula);
  const { nodes } = graph;
  const forward = walk.operations(graph), sent = walk.messages(graph, state.order);
  const last = forward.length + 1 + sent.length, step = Math.min(state.step, last);
  const count = Math.max(0, step - forward.length - 1);
  const { grad, log } = walk.gradients(graph, numbers, sent, count);
  const now = log.at(-1), end = nodes.length - 1;
  const name = (i) => (nodes[i].name ? `$${nodes[i].name}$` : nodes[i].kind === 'number' ? fmt(nodes[i].data) : `node ${title(nodes[i])}`);
  const value = (i) => numbers[nodes[i].key];
  const begun = (i) => (i === end ? step > forward.length : log.some(({ to }) => to === i));
  const missing = (i) => sent.filter(({ to }) => to === i).length - log.filter(({ to }) => to === i).length;
  let phase = 'Given', active = null, rows = [], says = 'The leaves have their values. Nothing is computed yet.';
  if (now) {
    [phase, active] = ['Backward', now.to];
    const waits = missing(now.from), more = missing(now.to), several = nodes.flatMap(({ inputs }) => inputs).filter((i) => i === now.to).length > 1;
    says = waits ? `Too early: ${name(now.from)} sends while a message is still on the way to it.` : `${name(now.from)} has all its messages and sends one to ${name(now.to)}.`;
    if (more) says += ` ${name(now.to)} waits for ${more} more.`;
    rows = [['message', `${inside(g(now.upstream))} × ${factor(now.local)} = ${g(now.amount)}`], several
      ? ['gradient', `${g(now.before)} + ${inside(g(now.amount))} = ${g(grad[now.to])}`, '+='] : ['gradient', g(grad[now.to])]];
  } else if (step > forward.length) {
    [phase, active, rows] = ['Backward', end, [['gradient', g(1)]]];
    says = 'The output grows exactly as fast as itself, so its gradient is 1. It begins.';
  } else if (step) {
    [phase, active] = ['Forward', forward[step - 1]];
    const { kind, data, inputs } = nodes[active];
    const [a, b] = inputs.map((i) => factor(value(i)));
    rows = [['value', kind === '**' ? `${a} ^ ${fmt(data)}` : b ? `${a} ${kind} ${b}` : `${kind} ${a}`], ['', `[f:${fmt(value(active))}]`]];
    says = `${name(active)} is computed, and its local derivatives are stored on its edges.`;
  }
  says = says[0].toUpperCase() + says.slice(1);
  const where = `${phase} · step ${step} of ${last}${now ? ` · message ${count} of ${sent.length}: gradient × local derivative` : ''}`;
  const wrong = nodes.flatMap(({ kind }, i) => (kind === 'variable' && Math.abs(grad[i] - numbers[`gradient ${i}`]) > 1e-9 * Math.max(1, Math.abs(grad[i])) ? [i] : []));
  let moral = `${numbers.paths} path${numbers.paths === 1 ? '' : 's'} from the variables to the output; ${numbers.messages} messages: one for each edge.`;
  if (step === last && wrong.length) moral = `This order is wrong: ${wrong.map((i) => `it leaves $${g(grad[i])}$ at ${name(i)}, and the truth is $${g(numbers[`gradient ${i}`])}$`).join('; ')}.`;
  else if (step === last && state.order === 'early') moral = `Here the wrong order is right, by luck. ${moral}`;
  const said = `${where}. ${says} ${rows.map(([left, right, sign = '=']) => `${left} ${sign} ${right}`).join(', ')}${step === last ? `. ${moral}` : ''}`;
  return { graph, forward, sent, step, log, grad, now, active, begun, value, where, says, rows, moral, said };
}

/** Points of the picture: a row of columns on a wide page, from top to bottom on a phone. */
function places(nodes, numbers, { width, narrow }) {
  const at = nodes.map((_, i) => [numbers[`column ${i}`], numbers[`row ${i}`]]);
  const columns = Math.max(...at.map(([column]) => column)), rows = at.map(([, row]) => row);
  const low = Math.min(...rows), high = Math.max(...rows);
  const lifted = nodes.some(({ inputs }, i) => inputs.some((j) => at[i][0] - at[j][0] > 1)); // an edge passes over a column
  const [w, r] = narrow ? [BOX.height, BOX.width] : [BOX.width, BOX.height];
  const along = narrow ? 122 : Math.min(170, Math.max(124, (width - w - 16) / columns)), across = narrow ? 104 : 94;
  const start = (lifted ? (narrow ? 46 : 52) : narrow ? 30 : 8) + r / 2;
  const size = [columns * along + w + 16, start + (high - low) * across + r / 2 + 34];
  const spot = at.map(([column, row]) => [8 + w / 2 + column * along, start + (row - low) * across]);
  return narrow ? { size: size.reverse(), spot: spot.map((each) => each.reverse()) } : { size, spot };
}

function drawGraph(svg, view, state, numbers, told) {
  const { graph: { nodes }, step, forward, log, grad, now, active, begun, value } = told;
  const { narrow } = view;
  const { size: [wide, high], spot } = places(nodes, numbers, view);
  svg.attr('width', wide).attr('height', high).attr('viewBox', `0 0 ${wide} ${high}`).selectAll('*').remove();
  const write = (x, y, text, css, anchor = 'middle') => svg.append('text').attr('class', `bp-local ${css}`).attr('x', x).attr('y', y).attr('text-anchor', anchor).text(text);
  const computed = (i) => !nodes[i].inputs.length || forward.indexOf(i) < step;
  const labels = [];
  nodes.forEach(({ inputs }, i) => inputs.forEach((j, k) => {
    const turn = ([x, y]) => (narrow ? [y, x] : [x, y]); // along the flow, across it
    const half = (narrow ? BOX.height : BOX.width) / 2 + 3;
    const [a, across] = turn(spot[j]), [b, end] = turn(spot[i]);
    const from = a + half, to = b - half, mid = (to - from) / 2;
    const bend = inputs.filter((each) => each === j).length > 1 ? k - 0.5 : 0;
    const far = numbers[`column ${i}`] - numbers[`column ${j}`] > 1;
    const lift = (far ? 58 : 0) - bend * 80;
    const point = (s, t) => turn([s, t]).map((each) => each.toFixed(1)).join(' ');
    const message = log.find((each) => each.from === i && each.k === k);
    const css = `${message ? 'bp-back' : computed(i) ? '' : 'bp-idle'}${(message ? message === now : active === i && !now && step <= forward.length) ? ' bp-now' : ''}`;
    const [tip, tipAt, way] = message ? [from - 2, across, 8] : [to + 2, end, -8];
    const path = (kind, d) => svg.append('path').attr('class', `${kind} ${css}`).attr('d', d);
    path('bp-edge', `M${point(from, across)}C${point(from + mid, across - lift)} ${point(to - mid, end - lift)} ${point(to, end)}`);
    path('bp-tip', `M${point(tip, tipAt)}L${point(tip + way, tipAt - 4)}L${point(tip + way, tipAt + 4)}Z`);
    if (!computed(i)) return;
    const beside = narrow && across !== end && !far; // level with its own node, clear of the straight edge
    const [x, y] = turn(beside ? [from + 14, across] : [(from + to) / 2, (across + end) / 2 - 0.75 * lift]);
    const room = (narrow ? 42 : to - from - 8) / 14;
    const spots = far ? (narrow ? [[-6, -2, 'end'], [-6, 14, 'end']] : [[0, -22], [0, -6]]) : narrow ? [[-6, 5, 'end'], [6, 5, 'start']] : [[0, -6], [0, 16]];
    labels.push([x, y, spots[0], fit(room, (digits) => `×${factor(numbers[`slope ${i}.${k}`], digits)}`), 'bp-halo']);
    if (message) labels.push([x, y, spots[1], fit(room, (digits) => fmt(message.amount, digits)), 'bp-halo bp-gradient']);
  }));
  for (const [x, y, [dx, dy, anchor], text, css] of labels) write(x + dx, y + dy, text, css, anchor);
  nodes.forEach((node, i) => {
    const [x, y] = spot[i];
    const kind = node.kind === 'variable' ? 'bp-parameter' : i === nodes.length - 1 ? 'bp-loss' : 'bp-value';
    svg.append('rect').attr('class', `bp-node ${kind}${computed(i) ? '' : ' bp-idle'}${active === i ? ' bp-now' : ''}`).attr('rx', 9)
      .attr('x', x - BOX.width / 2).attr('y', y - BOX.height / 2).attr('width', BOX.width).attr('height', BOX.height);
    write(x, y - 12, title(node), 'bp-name').attr('font-style', node.name ? 'italic' : null);
    if (node.name || node.kind !== 'number') write(x, y + 6, computed(i) ? fit(4.3, (digits) => fmt(value(i), digits)) : '·', kind);
    write(x, y + 23, begun(i) ? fit(4.3, (digits) => `∂ ${fmt(grad[i], digits)}`) : '∂ ?', begun(i) ? 'bp-gradient' : 'bp-unknown');
  });
  const list = nodes.map((node, i) => `${title(node)}: ${computed(i) ? fmt(value(i)) : 'not yet'}${begun(i) ? `, gradient ${fmt(grad[i])}` : ''}`);
  svg.attr('aria-label', spoken(`The graph of ${state.formula}. ${list.join('; ')}.`));
  return spot[active];
}

const SAID = {
  correct: ['Correct.', ''],
  early: ['That is what the wrong order finds.', 'A node on the way sent before all its messages had come.'],
  path: ['That is one path of several.', 'The others count as well: follow each, and add.'],
  message: ['That is one of the messages that arrive.', 'A gradient is the sum of them all.'],
  product: ['The paths are multiplied.', 'Along a path slopes multiply; over several paths they add.'],
  sign: ['The sign is turned.', 'Look for a minus on the way.'],
  other: ['Not that, and no mistake that this figure knows.', 'Step on and watch which messages arrive.'],
};

function makePrediction(view) {
  const select = h('select', { class: 'bp-select', 'aria-label': 'the gradient to predict' });
  const box = h('input', { type: 'text', class: 'bp-box bp-guess', autocomplete: 'off', spellcheck: 'false', 'aria-label': 'your prediction', placeholder: 'your number' });
  const verdict = verdictBox();
  let state, numbers;
  const asked = () => {
    const graph = read(state.formula);
    const found = graph.nodes.findIndex(({ kind, name }) => kind === 'variable' && name === state.ask);
    return [graph, found < 0 ? graph.nodes.findIndex(({ kind }) => kind === 'variable') : found];
  };
  const say = (kind, first, more) => {
    judge(verdict, kind, first, more);
    view.say(`${first} ${more}`);
  };
  const check = () => {
    const value = toNumber(box.value);
    if (!Number.isFinite(value)) return say('type', 'That is not a number.', 'Write it like −0.5 or 18.');
    const [graph, i] = asked();
    const near = (target) => Math.abs(value - target) <= 0.005 * Math.abs(target) + 1e-9;
    const truth = numbers[`gradient ${i}`];
    const kind = near(truth) ? 'correct' : view.spec.walk.mistakes(graph, numbers, i).find(([, target]) => near(target))?.[0] ?? 'other';
    say(kind, ...SAID[kind]);
    if (kind === 'correct') show();
  };
  const show = () => view.set({ step: view.spec.last(state), order: 'counted' });
  const element = form('bp-predict', check, box,
    h('p', { class: 'bp-lead' }, 'Predict before you step on: the gradient of the output'),
    h('div', { class: 'bp-row' }, h('span', {}, 'at'), select, h('span', { class: 'bp-m' }, '='), box,
      h('button', { type: 'submit', class: 'bp-button bp-main' }, 'Check'),
      button('Show it', show)),
    verdict);
  select.addEventListener('change', () => {
    verdict.hidden = true;
    view.set({ ask: select.value });
  });
  const update = (nextState, nextNumbers) => {
    if (state && ['x', 'y', 'w', 'formula'].some((key) => state[key] !== nextState[key])) verdict.hidden = true;
    [state, numbers] = [nextState, nextNumbers];
    const [{ nodes }, i] = asked();
    const names = nodes.flatMap(({ kind, name }) => (kind === 'variable' ? [name] : []));
    if (select.dataset.names !== names.join()) select.replaceChildren(...names.map((name) => h('option', { value: name }, name)));
    select.dataset.names = names.join();
    select.value = nodes[i].name;
  };
  return { element, update };
}

function makeFormula(view) {
  const field = h('input', { type: 'text', class: 'bp-box', id: view.id('formula'), autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', maxlength: 120 });
  const order = h('select', { class: 'bp-select', id: view.id('order') },
    h('option', { value: 'counted' }, 'a node waits for all its messages'), h('option', { value: 'early' }, 'wrong: depth first, sends at once'));
  let shown;
  const begin = (state) => view.spec.walk.operations(read(state.formula)).length + 1;
  const take = () => {
    const { value, problem } = accept(view.spec.state.formula, 'formula', field.value, shown.formula);
    if (problem) return view.warn(problem);
    view.warn();
    view.set({ formula: value, step: value === shown.formula ? shown.step : begin({ formula: value }) });
  };
  order.addEventListener('change', () => view.set({ order: order.value, step: Math.min(shown.step, begin(shown)) }));
  const element = form('bp-formula', take, field,
    h('label', { for: view.id('formula') }, 'Formula'), field, h('button', { type: 'submit', class: 'bp-button' }, 'Draw'),
    h('label', { for: view.id('order') }, 'Order'), order);
  const update = (state) => {
    if (!shown || shown.formula !== state.formula || field.value.trim() === '') field.value = state.formula;
    order.value = state.order;
    shown = state;
  };
  return { element, update };
}

/** Make the parts once; what comes back draws a state. */
export function build(view) {
  const svg = create('svg').attr('role', 'img').attr('class', 'bp-net');
  const scroll = h('div', { class: 'bp-wider', tabindex: '0', role: 'group', 'aria-label': 'The graph, may scroll sideways' }, svg.node());
  const where = h('p', { class: 'bp-where' }), says = h('p', { class: 'bp-says' }), equation = h('div', { class: 'bp-equation' }), moral = h('p', { class: 'bp-moral' });
  const formula = makeFormula(view), prediction = makePrediction(view);
  view.body.append(formula.element, scroll, h('div', { class: 'bp-step' }, h('div', {}, where, says), equation),
    moral, view.toolbar, view.message, prediction.element, h('div', { class: 'bp-part' }, view.controls));
  return (state, numbers) => {
    const told = tell(state, numbers, view.spec.walk);
    formula.update(state);
    prediction.update(state, numbers);
    const [centre] = drawGraph(svg, view, state, numbers, told) ?? [0];
    scroll.scrollLeft = centre - scroll.clientWidth / 2; // what the step does is in view
    where.textContent = told.where;
    says.innerHTML = prose(told.says);
    equation.innerHTML = told.rows.map(([left, right, sign = '=']) => `<span class="bp-left">${left}</span><span class="bp-m">${sign}</span><span>${math(right)}</span>`).join('');
    moral.innerHTML = prose(told.moral);
    const used = read(state.formula).nodes.map(({ name }) => name);
    VARIABLES.forEach((name, i) => (view.controls.children[i].hidden = !used.includes(name)));
  };
}
