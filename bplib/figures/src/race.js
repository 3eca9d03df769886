// Chapter 01: nudging, forward mode and reverse mode race for all the slopes of a program with n inputs and m outputs.
// Forward mode is paid per input, reverse mode per output. The same numbers from the library: bplib/figures/race.py.
import { button, choice, figure, h, judge, number, prose, steps, verdictBox } from 'bplib-figures';
import { axisBottom } from 'd3-axis';
import { scaleLog } from 'd3-scale';
import { create } from 'd3-selection';

const LAST = 8;
const LANES = {
  forward: { name: 'forward mode', colour: 'forward', unit: ['run', 'runs'], of: (n) => n.inputs, slopes: (n) => n.forward_done / n.inputs },
  reverse: { name: 'reverse mode', colour: 'gradient', unit: ['walk back', 'walks back'], of: (n) => n.outputs, slopes: (n) => n.reverse_done / n.outputs },
  nudging: { name: 'nudging', colour: 'reference', unit: ['run', 'runs'], of: (n) => n.inputs + 1, slopes: (n) => Math.max(0, n.nudging_done - 1) / n.inputs },
};
const KEYS = Object.keys(LANES);
const EXACT = ['forward', 'reverse']; // nudging runs out of competition: its slopes are not exact
const RACES = [[2, 300], [40, 40], [1000, 12], [3, 3], [12, 1], [300, 2500]]; // inputs, outputs

const whole = (x) => Math.max(1, Math.floor(x + 0.5));

/** The work of each lane in plain runs, how far the clock has come, and what each lane has done by then. */
export function compute({ n, m, tangent, walk, step }) {
  const inputs = whole(n), outputs = whole(m);
  const nudging = inputs + 1, forward = inputs * tangent, reverse = 1 + outputs * walk;
  const longest = Math.max(nudging, forward, reverse);
  const clock = step ? longest ** (step / LAST) : 0;
  const done = (work, of) => Math.max(0, Math.min(of, Math.floor(work + 1e-9)));
  return {
    inputs, outputs, nudging, forward, reverse, longest, clock,
    nudging_done: done(clock, inputs + 1),
    forward_done: done(clock / tangent, inputs),
    reverse_done: done((clock - 1) / walk, outputs),
  };
}

const grouped = (k) => String(k).replace(/\B(?=(\d{3})+$)/g, ',');
const said = (x) => (x >= 100 || Number.isInteger(x) ? grouped(Math.round(x)) : x.toFixed(1));
const plural = (k, word) => `${grouped(k)} ${word}${k === 1 ? '' : 's'}`;
const home = (race, key) => race.clock >= race[key] * (1 - 1e-12);
const winners = (race) => {
  const least = Math.min(...EXACT.map((key) => race[key]));
  return EXACT.filter((key) => race[key] <= least * (1 + 1e-12));
};
const naming = (keys) => keys.map((key) => LANES[key].name).join(' and ');

/** What a lane's counter says. */
const counter = (race, key) => {
  const { of, unit, slopes } = LANES[key];
  if (home(race, key)) return `all slopes, after ${said(race[key])} plain run${race[key] === 1 ? '' : 's'}`;
  const all = of(race);
  return `${grouped(race[`${key}_done`])} of ${grouped(all)} ${unit[all === 1 ? 0 : 1]}, ${Math.floor(100 * slopes(race))} % of slopes`;
};

/** Why the first came first, in numbers. */
const explain = (race) => {
  const price = KEYS.map((key) => `${LANES[key].name} ${said(race[key])}`).join(', ');
  const ways = race.inputs > race.outputs ? 'more inputs than outputs' : race.inputs < race.outputs ? 'fewer inputs than outputs' : 'as many inputs as outputs';
  const cheap = race.nudging < Math.min(race.forward, race.reverse) ? ', cheapest of all, but with slopes that are not exact' : '';
  return `There are ${ways}. In plain runs: ${price}${cheap}.`;
};

function drawLanes(svg, width, race) {
  const lane = 62, left = 2, bottom = 3 * lane + 8;
  const scale = scaleLog([1, Math.max(Math.E, race.longest)], [left, width - 20]);
  svg.attr('width', width).attr('height', bottom + 54).attr('viewBox', `0 0 ${width} ${bottom + 54}`).selectAll('*').remove();
  const powers = scale.ticks(10).filter((tick) => race.longest < 20 || Math.abs(Math.log10(tick) % 1) < 1e-9);
  const axis = axisBottom(scale).tickValues(powers).tickSizeInner(-bottom).tickSizeOuter(0).tickPadding(9).tickFormat(grouped);
  svg.append('g').attr('class', 'bp-axis').attr('transform', `translate(0,${bottom})`).call(axis);
  svg.append('text').attr('class', 'bp-head').attr('x', width).attr('y', bottom + 46).attr('text-anchor', 'end').text('work done, in plain runs of the program');
  KEYS.forEach((key, row) => {
    const y = row * lane, paint = `var(--bp-${LANES[key].colour})`;
    const end = scale(Math.max(1, Math.min(race.clock, race[key])));
    const label = (text, at, css) => svg.append('text').attr('x', left).attr('y', at).style('font-family', 'inherit').style('font-size', '14px')
      .style('paint-order', 'stroke').style('stroke', 'var(--bp-surface)').style('stroke-width', '4px').style('fill', css).text(text);
    label(`${LANES[key].name}${key === 'nudging' ? ', not exact' : ''}${home(race, key) ? ' ⚑' : ''}`, y + 16, paint).style('font-weight', 600);
    svg.append('rect').attr('x', left).attr('y', y + 24).attr('width', Math.max(race.clock ? 3 : 0, end - left)).attr('height', 12).attr('rx', 2)
      .style('fill', key === 'nudging' ? 'none' : paint).style('stroke', paint).style('stroke-dasharray', key === 'nudging' ? '3 3' : null);
    label(race.clock ? counter(race, key) : 'at the start', y + 52, 'var(--bp-ink)');
  });
  svg.attr('aria-label', `Three lanes along a log axis of work, from 1 to ${said(race.longest)} plain runs. ${KEYS.map((key) => `${LANES[key].name}: ${race.clock ? counter(race, key) : 'at the start'}`).join('. ')}.`);
}

function makePrediction(view, moral) {
  const options = EXACT.map((key) => h('option', { value: key }, LANES[key].name));
  const select = h('select', { id: view.id('guess'), class: 'bp-select', 'aria-label': 'your prediction: who comes first' }, ...options);
  const verdict = verdictBox();
  const lead = h('p', { class: 'bp-lead' });
  let state, race, next = 0, judged = '';
  const shape = () => [race.inputs, race.outputs, state.tangent, state.walk].join();
  const start = () => {
    const best = winners(race), right = best.includes(state.guess);
    judged = shape();
    view.set({ step: LAST });
    moral.hidden = true;
    const title = right ? `Right: ${naming(best)}${best.length > 1 ? ', together' : ''}.` : `No: ${naming(best)}.`;
    judge(verdict, right ? 'correct' : 'other', title, prose(explain(race)));
    view.say(`${title} ${explain(race)}`);
  };
  select.addEventListener('change', () => view.set({ guess: select.value }));
  const another = () => {
    const [n, m] = RACES[next];
    next = (next + 1) % RACES.length;
    view.set({ n, m, tangent: view.spec.state.tangent.value, walk: view.spec.state.walk.value, step: 0 });
  };
  const element = h('div', { class: 'bp-predict' }, lead,
    h('div', { class: 'bp-row' }, select,
      button('Start the race', start, true),
      button('New race', another)),
    verdict);
  const update = (nextState, nextRace) => {
    [state, race] = [nextState, nextRace];
    select.value = state.guess;
    const asked = state.step < LAST || judged === shape() ? 'which mode has all the slopes first?' : 'this race is run. Take a new one and predict.';
    lead.textContent = `${plural(race.inputs, 'input')}, ${plural(race.outputs, 'output')}: ${asked}`;
    if (judged !== shape() || state.step !== LAST) verdict.hidden = true;
    moral.hidden = !verdict.hidden;
  };
  return { element, update };
}

function build(view) {
  const svg = create('svg').attr('role', 'img');
  const moral = h('p', { class: 'bp-moral', style: 'margin-top: .8em' });
  const prediction = makePrediction(view, moral);
  view.body.append(prediction.element, h('div', { class: 'bp-part' }, svg.node(), view.toolbar, view.message, moral, view.controls));
  return (state, race) => {
    prediction.update(state, race);
    drawLanes(svg, view.width, race);
    moral.textContent = state.step === LAST ? `First: ${naming(winners(race))}. ${explain(race)}` : `The clock stands at ${said(race.clock)} plain runs. Each step of it is longer than the one before.`;
  };
}

figure('race', {
  title: 'A race of nudging, forward mode and reverse mode',
  state: {
    n: number('n', 'the number of inputs', 2500, 0, 5000, 1),
    m: number('m', 'the number of outputs', 1, 0, 5000, 1),
    tangent: number('t', 'what a run with tangents costs, in plain runs', 2, 1, 10, 0.25),
    walk: number('b', 'what a walk back costs, in plain runs', 2, 0.25, 20, 0.25),
    step: steps(LAST, LAST),
    guess: choice('the winner you predict', 'forward', EXACT),
  },
  compute,
  build,
  announce(state, race) {
    if (state.step === LAST) return `First: ${naming(winners(race))}. ${explain(race)}`;
    return `The clock stands at ${said(race.clock)} plain runs. ${race.clock ? KEYS.map((key) => `${LANES[key].name}: ${counter(race, key)}`).join('. ') : ''}`;
  },
});
