// The concept inventory: every question of the page, the score by concept, and the misconceptions that the reader's
// first choices point to. Answers stay in this browser, apart from those that are given in the chapters.
import { button, h, makeQuestion, store } from 'bplib-figures';

const KEY = 'bplib.quiz.inventory';
const MARKS = { right: '✓', wrong: '✗', open: '·' };
const part = (name) => document.querySelector(`[data-bp-part="${name}"]`);
const said = h('div', { class: 'bp-said', 'aria-live': 'polite' });
const say = (text) => (said.textContent = text);

const concepts = [...document.querySelectorAll('[data-bp-concept]')].map((element) => {
  const stills = [...element.querySelectorAll('.bp-question')];
  const questions = stills.map((still) => ({
    ...makeQuestion(still, answered, say),
    beliefs: [...still.querySelectorAll('.bp-why')].map((why) => why.dataset.bpBelief),
  }));
  element.append(h('div', { class: 'bp-live' }, ...questions.map((question) => question.element)));
  for (const still of stills) still.hidden = true;
  return { name: element.dataset.bpName, anchor: element.closest('section')?.id, questions };
});
const all = concepts.flatMap(({ questions }) => questions);
let answers = kept();

/** The answers of an earlier visit, as far as they are answers to these questions. */
function kept() {
  const found = store.read(KEY);
  const fits = ({ id, beliefs }) => [found[id]?.first, found[id]?.choice].every((i) => Number.isInteger(i) && i in beliefs);
  return Object.fromEntries(all.filter(fits).map(({ id }) => [id, found[id]]));
}

function answered(id, choice) {
  answers[id] = { first: answers[id]?.first ?? choice, choice };
  store.write(KEY, { ...store.read(KEY), ...answers });
  draw();
  say(`${said.textContent} ${howFar()}`);
}

const kind = ({ id, correct }) => (answers[id] ? (answers[id].first === correct ? 'right' : 'wrong') : 'open');
const count = (questions, wanted) => questions.filter((question) => kind(question) === wanted).length;
const howFar = () => `${all.length - count(all, 'open')} of ${all.length} answered.`;

/** How often each misconception was a first choice, the most frequent first. */
function pointedTo() {
  const found = {};
  for (const question of all.filter((each) => kind(each) === 'wrong')) {
    const belief = question.beliefs[answers[question.id].first];
    found[belief] = (found[belief] ?? 0) + 1;
  }
  return Object.entries(found).sort(([, a], [, b]) => b - a);
}

function row({ name, anchor, questions }) {
  const open = count(questions, 'open'), done = questions.length - open;
  const words = [done && `${count(questions, 'right')} of ${done} right`, open && `${open} to answer`].filter(Boolean).join(', ');
  const ticks = questions.map((question) => h('span', { 'data-kind': kind(question) }, MARKS[kind(question)]));
  return h('tr', {}, h('th', { scope: 'row' }, anchor ? h('a', { href: `#${anchor}` }, name) : name),
    h('td', {}, words, h('span', { class: 'bp-ticks', 'aria-hidden': 'true' }, ...ticks)));
}

function entry([belief, times]) {
  const known = part('beliefs').querySelector(`[data-bp-belief="${belief}"]`);
  return h('li', { html: known.innerHTML + (times > 1 ? ` (${times} answers)` : '') });
}

const progress = h('span');
const score = h('p', { class: 'bp-score' });
const rows = h('tbody');
const found = h('div');
const again = button('Start again', () => ask(true));
const forget = button('Forget them', start), keep = button('Keep them', () => ask(false));
const question = h('p');
const sure = h('div', { class: 'bp-sure', role: 'group', 'aria-label': 'Start again?', hidden: true }, question, h('div', { class: 'bp-row' }, keep, forget));

function draw() {
  const open = count(all, 'open'), right = count(all, 'right'), beliefs = pointedTo();
  progress.textContent = howFar();
  score.textContent = `${right} of ${all.length - open} right at the first choice${open ? `, ${open} to answer.` : '.'}`;
  rows.replaceChildren(...concepts.map(row));
  const none = h('p', {}, open < all.length ? 'To no misconception so far.' : 'Answer a question, and it will show here.');
  found.replaceChildren(beliefs.length ? h('ul', {}, ...beliefs.map(entry)) : none);
  again.hidden = open === all.length;
}

/** Nothing is forgotten before the reader has been asked. */
function ask(yes) {
  question.textContent = `This forgets your answers to ${all.length - count(all, 'open')} questions. Chapters keep theirs.`;
  sure.hidden = !yes;
  (yes ? keep : again).focus();
}

function start() {
  answers = {};
  store.write(KEY, {});
  for (const { clear } of all) clear();
  sure.hidden = true;
  draw();
  say('All answers are forgotten.');
  all[0].focus();
}

function keeping() {
  try {
    localStorage.setItem(`${KEY}.try`, '');
    localStorage.removeItem(`${KEY}.try`);
    if (!localStorage.forgets) return h('p', { class: 'bp-moral' }, 'Your answers stay in this browser.');
  } catch {
    // storage is off, and nothing stands in for it (see layout.html)
  }
  return h('p', { class: 'bp-message' }, 'This browser keeps nothing for this page: your answers last until you leave it.');
}

sure.addEventListener('keydown', (event) => event.key === 'Escape' && ask(false));
for (const { id, show } of all) if (answers[id]) show(answers[id].choice);
part('progress').append(h('p', { class: 'bp-lead' }, progress, ' ', h('a', { href: `#${part('score').closest('section')?.id}` }, 'Your score')), keeping(), said);
part('score').replaceChildren(score,
  h('table', { class: 'bp-scores' }, h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, 'Concept'), h('th', { scope: 'col' }, 'First choices'))), rows),
  h('h3', {}, 'What your first choices point to'), found, h('div', { class: 'bp-end' }, again), sure);
draw();
