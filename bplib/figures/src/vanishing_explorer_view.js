// The plot of log norms by layer, the choices, and the prediction.
import { button, h, judge, prose, verdictBox } from 'bplib-figures';
import { axisBottom, axisLeft } from 'd3-axis';
import { scaleLinear } from 'd3-scale';
import { create } from 'd3-selection';
import { area, line } from 'd3-shape';

const MENUS = {
  f: ['Activation', { sigmoid: 'sigmoid', tanh: 'tanh', relu: 'ReLU', gelu: 'GELU' }],
  start: ['Initial weights', { naive: 'naive: spread 0.01', xavier: 'Xavier (here also LeCun)', he: 'He', orthogonal: 'orthogonal' }],
  norm: ['Normalisation', { none: 'none', batch: 'batch norm', layer: 'layer norm' }],
  branch: ['Each layer adds', { full: 'its full result', shared: 'its result times 1/√K' }],
};
const GUESSES = { fades: 'It fades', level: 'It stays level', explodes: 'It explodes' };
const signed = (value, digits) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
const fate = ({ m1 }) => (m1 < -2 ? 'fades' : m1 > 2 ? 'explodes' : 'level');

/** What the plot says, in words. */
export function sentence({ depth }, numbers) {
  const { m1, drift, theory } = numbers;
  const way = { fades: 'The gradient fades', explodes: 'The gradient explodes', level: 'The gradient stays within a factor of 100' }[fate(numbers)];
  const gap = Math.abs(drift - theory) < 0.02 ? '' : ' Here the theory is off by more than 0.02.';
  return `${way}: ${signed(drift, 3)} decades per layer, theory ${signed(theory, 3)}; over ${depth} layers ${signed(m1, 1)} decades.${gap}`;
}

function plot(svg, view, { depth }, numbers, hidden) {
  const width = Math.min(view.width, 720), height = view.narrow ? 270 : 320, left = 46, top = 30, bottom = height - 48;
  const layers = Array.from({ length: depth }, (_, i) => i + 1);
  const of = (name) => (l) => numbers[`${name}${l}`];
  const values = layers.flatMap((l) => [of('a')(l), of('b')(l), of('t')(l)]);
  const [least, most] = hidden ? [-2.2, 2.2] : [Math.min(-2.2, ...values), Math.max(2.2, ...values)];
  const x = scaleLinear([1, depth], [left + 10, width - 12]);
  const y = scaleLinear([least, most], [bottom, top]).nice();
  svg.attr('width', width).attr('height', height).attr('viewBox', `0 0 ${width} ${height}`).selectAll('*').remove();
  const whole = (scale, count) => scale.ticks(count).filter(Number.isInteger);
  svg.append('g').attr('class', 'bp-axis').attr('transform', `translate(0,${bottom})`)
    .call(axisBottom(x).tickValues([1, ...whole(x, view.narrow ? 5 : 8).filter((l) => l > 1)]).tickFormat(String).tickSizeOuter(0));
  svg.append('g').attr('class', 'bp-axis').attr('transform', `translate(${left},0)`)
    .call(axisLeft(y).tickValues(whole(y, 6)).tickFormat((v) => String(v).replace('-', '−')).tickSizeInner(-(width - left - 12)).tickSizeOuter(0).tickPadding(8));
  const write = (at, down, text, css, align) => svg.append('text').attr('class', css).attr('x', at).attr('y', down).attr('text-anchor', align).text(text);
  write(0, 13, 'log₁₀ ‖δ(l)‖/‖δ(K)‖', 'bp-head', 'start');
  write(0, height - 8, hidden ? '' : 'solid: five nets, dashed: theory', 'bp-head', 'start');
  write(width - 12, height - 8, '← layer l', 'bp-head', 'end');
  if (hidden) {
    write((left + width) / 2, y(0) - 14, '?', 'bp-sign', 'middle');
    return svg.attr('aria-label', 'The gradient by layer is hidden until you predict what becomes of it.');
  }
  svg.append('path').attr('class', 'bp-band').attr('d', area().x((l) => x(l)).y0((l) => y(of('a')(l))).y1((l) => y(of('b')(l)))(layers));
  svg.append('path').attr('class', 'bp-edge bp-theory').attr('d', line().x((l) => x(l)).y((l) => y(of('t')(l)))(layers));
  svg.append('path').attr('class', 'bp-edge bp-measured').attr('d', line().x((l) => x(l)).y((l) => y(of('m')(l)))(layers));
  for (const l of layers) svg.append('circle').attr('class', 'bp-product').attr('cx', x(l)).attr('cy', y(of('m')(l))).attr('r', 2.4);
  return svg.attr('aria-label', `Log norm of the gradient by layer, five nets. ${sentence({ depth }, numbers)}`);
}

export function build(view) {
  const svg = create('svg').attr('role', 'img');
  const says = h('p', { class: 'bp-lead' });
  const verdict = verdictBox();
  let state;
  let judged = null; // the settings that the last prediction was about
  const settings = () => Object.entries(state).filter(([key]) => key !== 'guess').join();
  const selects = Object.entries(MENUS).map(([key, [label, options]]) => {
    const select = h('select', { id: view.id(key), class: 'bp-select', onchange: () => view.set({ [key]: select.value, ...asking() }) },
      ...Object.entries(options).map(([value, text]) => h('option', { value }, text)));
    return [key, select, h('div', { class: 'bp-menu' }, h('label', { for: view.id(key) }, label), select)];
  });
  const asking = () => (state.guess === 'shown' ? {} : { guess: 'asked' });
  const hide = button('Hide it, I will predict', () => view.set({ guess: state.guess === 'shown' ? 'asked' : 'shown' }));
  const guesses = Object.entries(GUESSES).map(([guess, label]) => button(label, () => {
    judged = settings();
    view.set({ guess });
  }));
  const ask = h('div', { class: 'bp-row', role: 'group', 'aria-label': 'Your prediction' }, h('b', {}, 'By more than a factor of 100?'), ...guesses);
  view.body.append(
    h('div', { class: 'bp-menus' }, ...selects.map(([, , element]) => element)),
    h('p', { class: 'bp-moral', html: prose('All weights are multiplied by the gain $g$. The shortcut $k$ adds: $h$ becomes $k$ times $h$, plus what the layer makes. $K$ is the number of layers.') }),
    view.controls, svg.node(), says, h('div', { class: 'bp-row bp-nets' }, hide), h('div', { class: 'bp-nets' }, ask), verdict, view.toolbar, view.message,
  );
  return (next, numbers) => {
    state = next;
    for (const [key, select] of selects) select.value = state[key];
    const hidden = state.guess === 'asked' || (state.guess !== 'shown' && judged !== settings() && judged !== null);
    plot(svg, view, state, numbers, hidden);
    says.textContent = hidden ? `${state.depth} layers. What becomes of the gradient on its way to layer 1?` : sentence(state, numbers);
    hide.textContent = state.guess === 'shown' ? 'Hide it, I will predict' : 'Always show it';
    ask.hidden = state.guess === 'shown';
    guesses.forEach((each, i) => each.setAttribute('aria-pressed', String(!hidden && state.guess === Object.keys(GUESSES)[i])));
    verdict.hidden = hidden || state.guess === 'shown';
    if (verdict.hidden) return;
    const right = state.guess === fate(numbers);
    const title = right ? 'As you said.' : `You said: ${GUESSES[state.guess].toLowerCase()}.`;
    judge(verdict, right ? 'correct' : 'wrong', title, sentence(state, numbers));
  };
}
