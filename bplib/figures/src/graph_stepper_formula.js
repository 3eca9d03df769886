// A formula such as "a = x*x; a + w*a", read into the nodes of its graph, inputs before what uses them.
// Every fault is said in one line: what was found, what was expected.

export const VARIABLES = ['x', 'w', 'y'];
export const FUNCTIONS = ['exp', 'log', 'tanh', 'sigmoid', 'relu'];
const MOST_NODES = 16, MOST_SIGNS = 80;
const TOKEN = /\s*(?:((?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|([A-Za-z]\w*)|(\*\*|[-+*/^()=;])|(\S))/y;
const SAME = { '−': '-', '–': '-', '×': '*', '·': '*', '÷': '/', '\n': ';' };

const fail = (found, expected) => {
  throw new Error(`${found}; expected ${expected}.`);
};

function tokens(text) {
  const found = [];
  const plain = text.replace(/[−–×·÷\n]/g, (sign) => SAME[sign]);
  TOKEN.lastIndex = 0;
  for (let match; TOKEN.lastIndex < plain.length && (match = TOKEN.exec(plain)); ) {
    const [, digits, word, sign, stranger] = match;
    if (stranger) fail(`“${stranger}” cannot stand in a formula`, 'x, w, y, names, numbers, + − * / ^ and ( )');
    found.push({ number: digits && Number(digits), word, sign: sign === '**' ? '^' : sign, text: digits ?? word ?? sign });
  }
  return found;
}

function parse(text) {
  if (text.length > MOST_SIGNS) fail(`The formula has ${text.length} signs`, `at most ${MOST_SIGNS}`);
  const all = tokens(text), known = {};
  let at = 0, output;
  const is = (...signs) => signs.includes(all[at]?.sign);
  const here = (before) => `${before} stands ${all[at] && !is(';') ? `“${all[at].text}”` : 'nothing'}`;
  const before = () => `After ${at ? `“${all[at - 1].text}”` : 'the beginning'}`;
  const need = (sign) => {
    if (!is(sign)) fail(here(before()), sign);
    at += 1;
  };
  const chain = (part, signs) => () => {
    let left = part();
    while (is(...Object.keys(signs))) {
      const kind = signs[all[at++].sign];
      left = { kind, inputs: [left, part()] };
    }
    return left;
  };
  const unary = () => {
    if (!is('-')) return power();
    at += 1;
    const inside = unary();
    return inside.kind === 'number' && !inside.signed ? { ...inside, data: -inside.data, signed: true } : { kind: '−', inputs: [inside] };
  };
  const sum = chain(chain(unary, { '*': '×', '/': '÷' }), { '+': '+', '-': '−' });
  const power = () => {
    const base = atom();
    if (!is('^')) return base;
    at += 1;
    const minus = is('-');
    at += minus;
    if (all[at]?.number === undefined) fail(here('As an exponent'), 'a number, as in x^2');
    const data = (minus ? -1 : 1) * all[at++].number;
    if (is('^')) fail('Two ^ in a row', 'parentheses, as in (x^2)^3');
    return { kind: '**', inputs: [base], data };
  };
  const closed = () => {
    need('(');
    const inside = sum();
    need(')');
    return inside;
  };
  const atom = () => {
    const { number, word } = all[at] ?? {};
    if (is('(')) return closed();
    if (number === undefined && !word) fail(here(before()), 'a number, a name or (');
    at += 1;
    if (!word) return { kind: 'number', inputs: [], data: number };
    if (FUNCTIONS.includes(word)) return { kind: word, inputs: [closed()] };
    if (!known[word] && !VARIABLES.includes(word)) fail(`“${word.slice(0, 20)}” is not known here`, [...new Set([...VARIABLES, ...Object.keys(known), ...FUNCTIONS])].join(', '));
    return (known[word] ??= { kind: 'variable', inputs: [], name: word });
  };

  for (; at < all.length; ) {
    if (is(';')) {
      at += 1;
      continue;
    }
    const name = all[at + 1]?.sign === '=' ? all[at].word : undefined;
    if (name) {
      if (known[name] || [...VARIABLES, ...FUNCTIONS].includes(name)) fail(`“${name}” has a meaning already`, 'a new name before =');
      at += 2;
    }
    output = sum();
    if (name) {
      if (output.name) fail(`“${name}” would be a second name for “${output.name}”`, 'one name for each result');
      known[name] = output;
      output.name = name;
    }
    if (at < all.length && !is(';')) fail(here(before()), 'an operation, as in 2*x, or ;');
  }
  const nodes = output ? ordered(output) : [];
  if (nodes.length < 2) fail('There is no operation in the formula', 'one such as x*x');
  if (nodes.length > MOST_NODES) fail(`The formula makes ${nodes.length} nodes`, `at most ${MOST_NODES}`);
  if (!nodes.some(({ kind }) => kind === 'variable')) fail('There is no variable in the formula', VARIABLES.join(', '));
  return { nodes };
}

/** The nodes that the output depends on, inputs first; `key` is what a node's value is called in `numbers`. */
function ordered(output) {
  const order = [];
  const visit = (node) => {
    if (order.includes(node)) return;
    node.inputs.forEach(visit);
    order.push(node);
  };
  visit(output);
  return order.map((node, i) => ({
    ...node,
    inputs: node.inputs.map((each) => order.indexOf(each)),
    key: `value of node ${i}, ${node.name ?? node.kind + (node.kind === '**' ? node.data : '')}`,
  }));
}

let last = { text: null, graph: null };
/** The graph of a formula, kept until another one is asked for; an Error in one line where there is none. */
export function read(text) {
  if (last.text !== text) last = { text, graph: parse(text) };
  return last.graph;
}

/** One line on what is wrong with a formula, or nothing. */
export function problem(text) {
  try {
    read(text);
    return '';
  } catch (error) {
    return error.message;
  }
}
