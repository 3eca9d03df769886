// Words, numbers and small mathematics: one markup, written once, shown as HTML, drawn as SVG, spoken as text.
//
//   w_1      an italic letter with a subscript         ∂L/∂z_2    the rest stands as it is
//   [g:0.5]  a coloured number: f forward, g gradient, p parameter, l loss
//   In prose the mathematics stands between dollars: 'For $h$ the other factor is $w_2$.'
import { format } from 'd3-format';

const MARKUP = /\[([fgpl]):([^\]]*)\]|([A-Za-zŷη])|_(\w)|(′)|([^[A-Za-zŷη_′]+|.)/gu;
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** A number as the book prints it: four significant digits, a true minus sign, small ones with a power of ten. With
 * fewer `digits` it is set tight, as 3·10⁻⁷. */
export const fmt = (value, digits = 4) => {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  if (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e4) return format(`.${digits}~g`)(value);
  const [mantissa, power] = format(`.${digits - 1}~e`)(value).split('e');
  const raised = [...power.replace(/[+−-]/, '')].map((digit) => SUPERSCRIPTS[digit]).join('');
  return `${mantissa}${digits < 4 ? '·' : ' × '}10${value && Math.abs(value) < 1 ? '⁻' : ''}${raised}`;
};

/** A factor inside a product: a negative number is put in parentheses. */
export const factor = (value, digits) => (value < 0 ? `(${fmt(value, digits)})` : fmt(value, digits));

const WIDTHS = [[/[×−≈]/, 0.78], [/→/, 1], [/[. ·]/, 0.28], [/[()]/, 0.39], [/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]/, 0.45], [/./, 0.5]];

/** About how wide a written number is, in em: counted, because to measure text is to lay the page out anew. */
export const wide = (text) => [...text].reduce((sum, sign) => sum + WIDTHS.find(([kind]) => kind.test(sign))[1], 0);

/** `write(digits)` with as many digits, four at most, as fit into `room` em. */
export const fit = (room, write) => [4, 3, 2, 1].map(write).find((text, i) => i === 3 || wide(text) <= room);

/** The markup as HTML. */
export const math = (markup) =>
  `<span class="bp-m">${markup.replace(MARKUP, (all, colour, inside, letter, sub, prime, rest) => {
    if (colour) return `<span class="bp-${colour}">${inside}</span>`;
    if (prime) return `<span class="bp-prime">${prime}</span>`;
    return letter ? `<i>${letter}</i>` : sub ? `<sub>${sub}</sub>` : rest;
  })}</span>`;

/** Prose with mathematics between dollars, as HTML. */
export const prose = (text) => text.replace(/\$([^$]+)\$/g, (all, markup) => math(markup));

/** The markup as tspans of a d3 selection of one SVG text element. */
export function svgMath(text, markup) {
  text.text(null).classed('bp-m', true);
  let lowered = false;
  for (const [all, , , letter, sub, prime] of markup.matchAll(MARKUP)) {
    const span = text.append('tspan').text(sub ?? all);
    if (letter) span.attr('font-style', 'italic');
    if (prime) span.attr('class', 'bp-prime');
    if (sub) span.attr('font-size', '72%');
    if (Boolean(sub) !== lowered) span.attr('dy', sub ? '0.26em' : '-0.19em');
    lowered = Boolean(sub);
  }
  return text;
}

const SPOKEN = [
  [/\$/g, ''], [/\[\w:([^\]]*)\]/g, '$1'], [/∂(\S)\/∂/g, 'd $1 by d '], [/σ′/g, 'sigma prime of '], [/σ/g, 'sigma of '],
  [/ŷ/g, 'y hat'], [/η/g, 'eta'], [/_(\w)/g, ' $1'], [/½/g, 'one half '], [/²/g, ' squared'], [/−/g, ' minus '],
  [/×/g, ' times '], [/←/g, ' becomes '], [/=/g, ' equals '], [/≈/g, ' is about '], [/[()]/g, ' '],
  [/10 ?(⁻?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g, (all, minus, raised) =>
    `10 to the ${minus && 'minus '}${[...raised].map((digit) => SUPERSCRIPTS.indexOf(digit)).join('')}`],
  [/<[^>]+>/g, ''], [/\s+/g, ' '],
];

/** The markup in words, for a screen reader. */
export const spoken = (markup) => SPOKEN.reduce((text, [from, to]) => text.replace(from, to), markup).trim();

/** An HTML element: h('p', {class: 'bp-note', onclick: f}, 'text', child). `html` sets the inside. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  // JupyterLab's shortcuts (Enter, the arrows) would take these keys away
  if (/button|input|select/.test(tag)) element.setAttribute('data-lm-suppress-shortcuts', 'true');
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'html') element.innerHTML = value;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}
