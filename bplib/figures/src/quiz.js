// The quiz component: it brings to life the questions that Python wrote out with their answers in <details>.
// A choice is answered at once, with the reason for that very choice; answers stay in the reader's browser.
import { button, judge, steadily, verdictBox } from './parts.js';
import { h } from './text.js';

let count = 0;

/** The browser's storage, or nothing where it is switched off. */
export const store = {
  read(key) {
    try {
      return JSON.parse(localStorage.getItem(key)) ?? {};
    } catch {
      return {};
    }
  },
  write(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // storage is off or full: the answers last as long as the page
    }
  },
};

/** Make every waiting quiz under `root` live. */
export function upgradeQuizzes(root) {
  for (const element of root.querySelectorAll('[data-bp-quiz]:not([data-bp-is])')) {
    element.dataset.bpIs = 'live';
    mount(element);
  }
}

function mount(root) {
  const key = `bplib.quiz.${root.dataset.bpQuiz}`;
  const said = h('div', { class: 'bp-said', 'aria-live': 'polite' });
  const score = h('p', { class: 'bp-score' });
  const again = button('Clear the answers', reset);
  const say = (text) => (said.textContent = text);
  const questions = [...root.querySelectorAll('.bp-question')].map((still) => makeQuestion(still, answered, say));
  let answers = store.read(key);

  function answered(id, choice) {
    answers = { ...store.read(key), ...answers, [id]: { first: answers[id]?.first ?? choice, choice } };
    store.write(key, answers);
    tally();
  }
  function tally() {
    const mine = questions.filter(({ id }) => answers[id]);
    const right = mine.filter(({ id, correct }) => answers[id].first === correct).length;
    const all = mine.length === questions.length;
    score.textContent = mine.length === 0 ? ''
      : `${right} of ${mine.length} right at the first choice${all ? '.' : `; ${questions.length - mine.length} to go.`}`;
    score.hidden = again.hidden = mine.length === 0;
    score.classList.toggle('bp-done', all);
    if (all && questions.length > 1) say(`${said.textContent} ${score.textContent}`);
  }
  function reset() {
    answers = store.read(key);
    for (const { id, clear } of questions) {
      delete answers[id];
      clear();
    }
    store.write(key, answers);
    say('Answers cleared.');
    tally();
    questions[0]?.focus();
  }

  const pages = 'bpPaged' in root.dataset && questions.length > 1 ? [makePager(questions)] : [];
  const live = h('div', { class: 'bp-live' }, ...questions.map(({ element }) => element), ...pages, h('div', { class: 'bp-end' }, score, again), said);
  root.append(live);
  for (const still of root.querySelectorAll('.bp-question')) still.hidden = true;
  for (const { id, show } of questions) if (answers[id]) show(answers[id].choice);
  tally();
}

/** One question at a time. */
function makePager(questions) {
  let at = 0;
  const where = h('span', { class: 'bp-where' });
  const turn = (by) => {
    at = Math.min(questions.length - 1, Math.max(0, at + by));
    questions.forEach(({ element }, i) => (element.hidden = i !== at));
    where.textContent = `Question ${at + 1} of ${questions.length}`;
    back.setAttribute('aria-disabled', String(at === 0));
    next.setAttribute('aria-disabled', String(at === questions.length - 1));
  };
  const back = button('Previous', () => turn(-1)), next = button('Next question', () => turn(1));
  turn(0);
  return h('div', { class: 'bp-toolbar' }, back, where, next);
}

/** One question from its still twin: a fieldset of radio buttons and a place for the reason. */
export function makeQuestion(still, answered, say) {
  const id = still.dataset.bpQuestion;
  const name = `bp-quiz-${(count += 1)}`;
  const options = [...still.querySelectorAll('.bp-option')].map((option, i) => ({
    text: option.innerHTML,
    why: still.querySelectorAll('.bp-why')[i],
    correct: option.hasAttribute('data-bp-correct'),
  }));
  const verdict = verdictBox();
  let walking = false; // with the arrow keys one passes over options without meaning to answer

  const radios = options.map((option, i) => h('input', { type: 'radio', name, id: `${name}-${i}`, value: i }));
  const rows = options.map((option, i) => h('div', { class: 'bp-choice' }, radios[i], h('label', { for: `${name}-${i}`, html: option.text })));
  const element = h('fieldset', { class: 'bp-ask' }, h('legend', { html: still.querySelector('.bp-prompt').innerHTML }), ...rows, verdict);

  const show = (choice) => {
    const { correct, why } = options[choice] ?? {};
    if (!why) return clear();
    radios[choice].checked = true;
    rows.forEach((row, i) => (row.dataset.kind = i === choice ? (correct ? 'correct' : 'wrong') : ''));
    judge(verdict, correct ? 'correct' : 'wrong', correct ? 'Right.' : 'Not this one.', why.innerHTML);
  };
  const choose = (choice) => steadily(radios[choice], () => {
    show(choice);
    say(verdict.querySelector('p').textContent);
    answered(id, choice);
  });
  const clear = () => {
    verdict.hidden = true;
    radios.forEach((radio, i) => {
      radio.checked = false;
      rows[i].dataset.kind = '';
    });
  };

  element.addEventListener('keydown', (event) => {
    walking = event.key.startsWith('Arrow');
    if ((event.key === 'Enter' || event.key === ' ') && event.target.checked) {
      event.preventDefault();
      choose(radios.indexOf(event.target));
    }
  });
  element.addEventListener('pointerdown', () => (walking = false));
  element.addEventListener('change', (event) => {
    if (!walking) return choose(radios.indexOf(event.target));
    verdict.hidden = true;
    rows.forEach((row) => (row.dataset.kind = ''));
    say('Press Enter or the space bar to choose this answer.');
  });
  return { id, element, show, clear, correct: options.findIndex(({ correct }) => correct), focus: () => radios[0].focus() };
}
