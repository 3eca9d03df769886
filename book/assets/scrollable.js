// A block that scrolls sideways takes the keyboard, and its arrow keys. Measured a few at a time while the browser is idle: the theme
// measures all of them at once, which lays out the whole page before the reader sees it.
(() => {
  const idle = window.requestIdleCallback || (act => setTimeout(act, 50));
  let waiting = [];
  const measure = () => {
    const wide = waiting.splice(0, 4).map(block => [block, block.scrollWidth > block.clientWidth]);
    for (const [block, scrolls] of wide) scrolls ? block.setAttribute("tabindex", "0") : block.removeAttribute("tabindex");
    if (waiting.length) return idle(measure, { timeout: 1000 });
    document.documentElement.dataset.bpMeasured = ""; // the tests wait for this
  };
  const begin = () => {
    const asleep = waiting.length === 0;
    waiting = [...document.querySelectorAll("article pre, article .pst-scrollable-table-container")];
    delete document.documentElement.dataset.bpMeasured;
    if (asleep) idle(measure, { timeout: 1000 });
  };
  // The arrow keys scroll the wide block that has the keyboard; elsewhere they turn the page.
  document.addEventListener("keydown", event => {
    const block = event.target.closest?.("[tabindex]");
    const sideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
    if (sideways && block && block.scrollWidth > block.clientWidth) event.stopPropagation();
  }, true);
  window.addEventListener("load", begin);
  window.addEventListener("resize", begin);
})();
