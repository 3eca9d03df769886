// A link to an equation, a term, a reference or a claim shows what it leads to, to a mouse that rests on it and to the
// keyboard. Esc hides the tip, the mouse may move onto it, and it stays until it is left (WCAG 1.4.13). A tap follows
// the link as ever. book/_ext/tips.py writes what is shown; without this script the links are links.
(() => {
  const KINDS = ["#equation-", "#term-", "#claim-", "bibliography.html#"].map(part => `article a[href*="${part}"]:not(.eqno)`).join();
  const root = new URL(document.documentElement.dataset.content_root || "./", location.href).href;
  const asked = new Map(), come = new Map(); // by page: the promise of its tips, and how to keep it
  let link = null, waiting = 0;

  const tip = Object.assign(document.createElement("div"), { id: "bp-tip", className: "bp-tip", popover: "manual" });
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;

  window.bpTips = (page, tips) => come.get(page)(tips);
  const tipsOf = page => {
    if (!asked.has(page)) asked.set(page, new Promise(resolve => {
      come.set(page, resolve);
      const script = Object.assign(document.createElement("script"), { src: `${root}_static/tips/${page}.js` });
      script.onerror = () => resolve({});
      document.head.append(script);
    }));
    return asked.get(page);
  };

  const content = async of => {
    const [page, anchor] = of.href.split("#").map(decodeURIComponent);
    const here = page === decodeURIComponent(location.href.split("#")[0]) && document.getElementById(anchor);
    const formula = here && here.querySelector(".katex-display");
    if (formula) return formula.outerHTML;
    if (!page.startsWith(decodeURIComponent(root))) return "";
    return (await tipsOf(page.slice(decodeURIComponent(root).length).replace(/\.html(\?.*)?$/, "")))[anchor] || "";
  };

  const place = () => {
    const at = link.getClientRects()[0] || link.getBoundingClientRect(), { width, height } = tip.getBoundingClientRect();
    const below = at.bottom + height + 8 <= innerHeight || at.top < height + 8;
    tip.style.top = `${below ? at.bottom + 2 : at.top - height - 2}px`;
    tip.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8))}px`;
  };

  const hide = () => {
    clearTimeout(waiting);
    if (link) link.removeAttribute("aria-describedby");
    if (!tip.hidden && tip.hidePopover) tip.hidePopover();
    tip.hidden = true;
    link = null;
  };

  const show = async of => {
    if (of === link) return;
    hide();
    link = of;
    const html = await content(of);
    if (link !== of || !html) return;
    tip.innerHTML = html;
    const formula = tip.querySelector("math"); // what is read out: a label, for MathML gives none
    formula ? tip.setAttribute("aria-label", formula.textContent) : tip.removeAttribute("aria-label");
    tip.hidden = false;
    (of.closest("article") || document.body).append(tip);
    if (tip.showPopover) tip.showPopover();
    tip.style.fontSize = "";
    const fits = (tip.clientWidth - 24) / (tip.scrollWidth - 24); // a wide formula is made smaller rather than scrolled
    if (fits < 1) tip.style.fontSize = `${0.95 * fits}rem`;
    of.setAttribute("aria-describedby", tip.id);
    place();
  };

  const later = (act, after) => { clearTimeout(waiting); waiting = setTimeout(act, after); };
  const found = event => event.target.closest && !tip.contains(event.target) && event.target.closest(KINDS);

  document.addEventListener("pointerover", event => {
    if (event.pointerType === "touch") return;
    if (tip.contains(event.target)) return clearTimeout(waiting);
    const over = found(event);
    if (over && !over.contains(event.relatedTarget)) later(() => show(over), 150);
  });
  document.addEventListener("pointerout", event => {
    const left = tip.contains(event.target) ? tip : found(event);
    if (left && !left.contains(event.relatedTarget) && !(link && link.matches(":focus-visible"))) later(hide, 300);
  });
  document.addEventListener("focusin", event => { const on = found(event); if (on && on.matches(":focus-visible")) show(on); });
  document.addEventListener("focusout", event => { if (event.target === link) hide(); });
  document.addEventListener("keydown", event => { if (event.key === "Escape" && link) hide(); });
  window.addEventListener("scroll", () => { if (!tip.hidden) place(); }, { passive: true, capture: true });
  window.addEventListener("resize", () => { if (!tip.hidden) place(); });
})();
