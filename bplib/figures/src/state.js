// The declared state of a figure: what it holds, in what range, and how it is read from a link, a box or a notebook.

/** A number the reader may set. `sign` is its symbol (markup of text.js), `name` its words. */
export const number = (sign, name, value, min, max, step) => ({ sign, name, value, min, max, step });

/** The step the figure stands at, from 0 to `last`. */
export const steps = (last, value) => ({ name: 'step', value, min: 0, max: last, step: 1, whole: true });

/** One of a few words. */
export const choice = (name, value, options) => ({ name, value, options });

/** Words that the reader types, such as a formula; `problem(text)` is one line on what is wrong with them, or nothing. */
export const words = (name, value, problem) => ({ name, value, problem });

/** A number as people write it: true minus signs, a decimal comma, spaces. NaN where there is none. */
export const toNumber = (raw) => {
  const text = String(raw ?? '').trim().replace(/[−–]/g, '-').replace(/^(-?\d*),(\d+)/, '$1.$2');
  return text === '' ? NaN : Number(text);
};

/** {value, problem}: the value that can be used, and one line on what was wrong with what was given. */
export function read(setting, key, raw, kept = setting.value) {
  const given = String(raw).slice(0, 24);
  if (setting.options) {
    if (setting.options.includes(raw)) return { value: raw };
    return { value: kept, problem: `${key} is “${given}”; expected one of ${setting.options.join(', ')}. ${kept} is used.` };
  }
  if (setting.problem) {
    const text = String(raw ?? '').trim();
    const problem = setting.problem(text);
    return problem ? { value: kept, problem: `${problem} “${kept}” is kept.` } : { value: text };
  }
  const value = toNumber(raw);
  const range = `a number from ${setting.min} to ${setting.max}`.replace(/-/g, '−');
  if (!Number.isFinite(value)) {
    return { value: kept, problem: `${key} is “${given}”; expected ${range}. ${kept} is used.`.replace(/ -/g, ' −') };
  }
  const inside = Math.min(setting.max, Math.max(setting.min, setting.whole ? Math.round(value) : value));
  if (inside === value) return { value };
  return { value: inside, problem: `${key} is ${value}; expected ${range}. ${inside} is used.`.replace(/ -/g, ' −') };
}

/** Read {key: raw} against the declaration: {state, problems}. Unknown keys are named, not ignored. */
export function readAll(declared, given, base) {
  const state = { ...base };
  const problems = [];
  for (const [key, raw] of Object.entries(given)) {
    if (!declared[key]) {
      problems.push(`There is no “${key.slice(0, 24)}” here; there are ${Object.keys(declared).join(', ')}.`);
      continue;
    }
    const { value, problem } = read(declared[key], key, raw);
    state[key] = value;
    if (problem) problems.push(problem);
  }
  return { state, problems };
}

// In the address, after #: figure.key=value&figure.key=value, only what differs from the figure's first state.
// The fragment, because it may be changed on a page opened from a file too.
const fragment = (hash = location.hash) => new URLSearchParams(hash.slice(1));

/** What the address (its part from # on) says about this figure: {key: raw}. */
export function fromAddress(name, hash) {
  const found = {};
  for (const [key, raw] of fragment(hash)) {
    if (key.startsWith(`${name}.`)) found[key.slice(name.length + 1)] = raw;
  }
  return found;
}

/** Whether the address names this figure before any other: the page then scrolls to it. */
export const firstInAddress = (name) => {
  const [first] = fragment().keys();
  return Boolean(first?.startsWith(`${name}.`));
};

/** Put the state into the address, leaving what other figures put there. */
export function toAddress(name, state, first) {
  const all = fragment();
  const keys = [...all.keys()];
  const others = keys.filter((key) => key.includes('.') && !key.startsWith(`${name}.`));
  const parts = others.map((key) => `${key}=${encodeURIComponent(all.get(key))}`);
  for (const key of Object.keys(state)) if (state[key] !== first[key]) parts.push(`${name}.${key}=${encodeURIComponent(state[key])}`);
  const mine = keys.some((key) => key.startsWith(`${name}.`));
  if (!parts.length && !mine) return; // an ordinary anchor stays
  try {
    history.replaceState(history.state, '', parts.length ? `#${parts.join('&')}` : location.pathname + location.search);
  } catch {
    // a sandboxed frame has no address to change
  }
}
