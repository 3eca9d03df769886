// Before a page is printed: light colours whatever the screen shows, and the answers to its questions at the end.
// Afterwards everything is as it was. tools/pdf.py prints the same way.
(() => {
  const root = document.documentElement;
  let theme, answers;
  const element = (name, className, ...inside) => {
    const made = Object.assign(document.createElement(name), { className });
    made.append(...inside);
    return made;
  };
  const collected = () => {
    const lists = [...document.querySelectorAll('.bp-question details > ol')].map((list, i) => {
      const copy = list.cloneNode(true);
      for (const link of copy.querySelectorAll('a')) link.textContent = '→'; // "read on", beside every answer
      return element('div', 'bp-answer', element('b', '', `Question ${i + 1}`), copy);
    });
    return lists.length ? element('section', 'bp-answers', element('h2', '', 'Answers'), ...lists) : null;
  };
  window.addEventListener('beforeprint', () => {
    theme = root.dataset.theme;
    root.dataset.theme = 'light';
    for (const link of document.querySelectorAll('article a.external')) // its text says it already
      link.classList.toggle('bp-shown', link.href.includes(link.textContent.trim()));
    answers?.remove();
    answers = collected();
    if (answers) document.querySelector('article.bd-article').append(answers);
  });
  window.addEventListener('afterprint', () => {
    root.dataset.theme = theme;
    answers?.remove();
  });
})();
