// Chapter 02: a formula as a graph, stepped forward and backward, in a right order and in a wrong one.
// This file holds the arithmetic; _formula.js reads the formula, _view.js draws. The same numbers computed by the
// library: bplib/figures/graph_stepper.py.
import { choice, figure, number, steps, words } from 'bplib-figures';
import { problem, read, VARIABLES } from './graph_stepper_formula.js';
import { build, tell } from './graph_stepper_view.js';

const sigmoid = (x) => (x > 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
// Each operation on its inputs: its value, then its slope in each of them.
const RULES = {
  '+': (a, b) => [a + b, 1, 1],
  '−': (a, b) => (b === undefined ? [-a, -1] : [a - b, 1, -1]),
  '×': (a, b) => [a * b, b, a],
  '÷': (a, b) => [a / b, 1 / b, -a / b / b],
  '**': (a, p) => [a ** p, p ? p * a ** (p - 1) : 0],
  exp: (a) => [Math.exp(a), Math.exp(a)],
  log: (a) => [Math.log(a), 1 / a],
  tanh: (a) => [Math.tanh(a), 1 - Math.tanh(a) ** 2],
  sigmoid: (a) => [sigmoid(a), sigmoid(a) * (1 - sigmoid(a))],
  relu: (a) => (a <= 0 ? [0, 0] : [a, 1]),
};

/** The messages in the order in which a walk sends them: [{from, k, to}]; `k` says which of the node's edges. */
export function messages({ nodes }, order) {
  const sent = [];
  const send = (from) => nodes[from].inputs.forEach((to, k) => sent.push({ from, k, to }));
  if (order === 'counted') nodes.forEach((_, i) => send(nodes.length - 1 - i)); // uses stand behind what they use
  else {
    const visited = new Set();
    const enter = (i) => {
      if (visited.has(i)) return;
      visited.add(i);
      send(i);
      nodes[i].inputs.forEach(enter);
    };
    enter(nodes.length - 1);
  }
  return sent;
}

/** The gradients after the first `count` of these messages, and a log of them with what each found. */
export function gradients({ nodes }, numbers, sent, count = sent.length) {
  const grad = nodes.map((_, i) => Number(i === nodes.length - 1));
  const log = sent.slice(0, count).map(({ from, k, to }) => {
    const local = numbers[`slope ${from}.${k}`];
    const amount = grad[from] * local, before = grad[to];
    grad[to] += amount;
    return { from, k, to, upstream: grad[from], local, amount, before };
  });
  return { grad, log };
}

/** Column and row of every node, as bplib/draw/graph.py places them. */
function layout(nodes) {
  const children = nodes.map((_, i) => nodes.flatMap(({ inputs }, child) => inputs.filter((j) => j === i).map(() => child)));
  const far = nodes.map(() => 0);
  for (let i = nodes.length - 1; i >= 0; i -= 1) far[i] = Math.max(0, ...children[i].map((child) => far[child] + 1));
  const row = nodes.map(() => 0);
  const most = Math.max(...far);
  for (let distance = 0; distance <= most; distance += 1) {
    const column = nodes.map((_, i) => i).filter((i) => far[i] === distance);
    const level = nodes.map((_, i) => (children[i].length ? children[i].reduce((sum, child) => sum + row[child], 0) / children[i].length : 0));
    column.sort((i, j) => !nodes[i].inputs.length - !nodes[j].inputs.length || level[i] - level[j] || i - j);
    column.forEach((i, place) => (row[i] = level[column[0]] + place));
  }
  return nodes.map((_, i) => [most - far[i], row[i]]);
}

/** Every number of the graph: values and slopes forward, gradients backward, those of the wrong order, places, counts. */
export function compute(state) {
  const graph = read(state.formula);
  const { nodes } = graph;
  const found = {}, values = [], paths = nodes.map(() => 0);
  nodes.forEach(({ kind, inputs, data, name, key }, i) => {
    const at = inputs.map((j) => values[j]);
    const [value, ...slopes] = kind === 'number' ? [data] : kind === 'variable' ? [state[name]] : RULES[kind](...at, ...(kind === '**' ? [data] : []));
    values.push(value);
    found[key] = value;
    slopes.forEach((slope, k) => (found[`slope ${i}.${k}`] = slope));
  });
  const right = gradients(graph, found, messages(graph, 'counted')).grad;
  const early = gradients(graph, found, messages(graph, 'early')).grad;
  layout(nodes).forEach(([column, row], i) => Object.assign(found, {
    [`gradient ${i}`]: right[i], [`early ${i}`]: early[i], [`column ${i}`]: column, [`row ${i}`]: row,
  }));
  paths[nodes.length - 1] = 1;
  for (let i = nodes.length - 1; i >= 0; i -= 1) for (const j of nodes[i].inputs) paths[j] += paths[i];
  found.paths = nodes.reduce((sum, { kind }, i) => sum + (kind === 'variable' ? paths[i] : 0), 0);
  found.messages = messages(graph, 'counted').length;
  return found;
}

/** How many of the first steps are forward: the operations, in the order of the nodes. */
export const operations = ({ nodes }) => nodes.flatMap(({ inputs }, i) => (inputs.length ? [i] : []));
/** The last step: every operation, the output's own 1, every message. */
export const lastStep = ({ formula, order }) => {
  const graph = read(formula);
  return operations(graph).length + 1 + messages(graph, order).length;
};

/** What a typed gradient of node `asked` may come from: [kind, value], the most likely first. */
export function mistakes(graph, numbers, asked) {
  const { nodes } = graph;
  const arrived = [];
  nodes.forEach(({ inputs }, i) => inputs.forEach((j, k) => j === asked && arrived.push(numbers[`gradient ${i}`] * numbers[`slope ${i}.${k}`])));
  const along = [];
  const follow = (i, product) => {
    if (along.length > 500) return;
    if (i === asked) along.push(product);
    nodes[i].inputs.forEach((j, k) => follow(j, product * numbers[`slope ${i}.${k}`]));
  };
  follow(nodes.length - 1, 1);
  const truth = numbers[`gradient ${asked}`];
  return [
    ['early', numbers[`early ${asked}`]],
    ...(along.length > 1 ? along.map((value) => ['path', value]) : []),
    ...(arrived.length > 1 ? arrived.map((value) => ['message', value]) : []),
    ['product', along.reduce((all, value) => all * value, 1)],
    ['sign', -truth],
  ];
}

const walk = { gradients, messages, mistakes, operations };

figure('graph_stepper', {
  title: 'A formula as a graph, step by step',
  state: {
    x: number('x', 'the variable x', 3, -5, 5, 0.25),
    w: number('w', 'the variable w', 2, -5, 5, 0.25),
    y: number('y', 'the variable y', 1, -5, 5, 0.25),
    step: steps(48, 4),
    order: choice('the order of the walk', 'counted', ['counted', 'early']),
    ask: choice('the gradient to predict', 'x', VARIABLES),
    formula: words('the formula', 'a = x*x; b = w*a; c = a + b', problem),
  },
  last: lastStep,
  compute,
  build,
  walk,
  announce: (state, numbers) => tell(state, numbers, walk).said,
});
