// The fact-check page, filtered by verdict and chapter; the choice stands in the address. Without this script the form
// stays hidden and every claim is shown.
(() => {
  const form = document.querySelector(".bp-ledger"), claims = [...document.querySelectorAll(".bp-claim")];
  if (!form) return;
  const status = form.querySelector("[role=status]"), { verdict, chapter } = form.elements;

  const apply = () => {
    const wanted = [verdict.value && `verdict-${verdict.value}`, chapter.value && `chapter-${chapter.value}`].filter(Boolean);
    for (const claim of claims) claim.hidden = !wanted.every(name => claim.classList.contains(name));
    for (const part of document.querySelectorAll("#checked, #planned")) part.hidden = !part.querySelector(".bp-claim:not([hidden])");
    const count = claims.filter(claim => !claim.hidden).length;
    status.textContent = `${count} of ${claims.length} claims shown.`;
  };
  const read = () => {
    const asked = new URLSearchParams(location.search);
    for (const field of [verdict, chapter]) {
      field.value = asked.get(field === verdict ? "verdict" : "chapter") || "";
      if (!field.value && field === chapter) chapter.selectedIndex = 0;
    }
    if (![...verdict].some(each => each.checked)) verdict[0].checked = true;
    apply();
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.closest("[hidden]")) return;
    form.reset();
    apply();
    target.scrollIntoView();
  };
  form.addEventListener("change", () => {
    const chosen = new URLSearchParams([...new FormData(form)].filter(([, value]) => value)).toString();
    try { history.replaceState(null, "", location.pathname + (chosen && `?${chosen}`)); } catch { /* refused on some disks */ }
    apply();
  });
  form.addEventListener("submit", event => event.preventDefault());
  window.addEventListener("hashchange", read);
  form.hidden = false;
  read();
})();
