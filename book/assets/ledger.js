// The fact-check page, filtered by verdict and chapter; the choice stands in the address. Without this script the choice
// stays hidden and every claim is shown.
(() => {
  const box = document.querySelector(".bp-ledger"), claims = [...document.querySelectorAll(".bp-claim")];
  if (!box) return;
  const status = box.querySelector("[role=status]"), chapters = box.querySelector("select");
  const verdicts = [...box.querySelectorAll("[name=verdict]")];

  const choose = (verdict, chapter) => {
    (verdicts.find(each => each.value === verdict) || verdicts[0]).checked = true;
    chapters.value = chapter;
    if (chapters.selectedIndex < 0) chapters.selectedIndex = 0;
  };
  const chosen = () => Object.entries({ verdict: verdicts.find(each => each.checked).value, chapter: chapters.value }).filter(([, value]) => value);
  const apply = () => {
    const wanted = chosen().map(([name, value]) => `${name}-${value}`);
    for (const claim of claims) claim.hidden = !wanted.every(name => claim.classList.contains(name));
    for (const part of document.querySelectorAll("#checked, #planned")) part.hidden = !part.querySelector(".bp-claim:not([hidden])");
    status.textContent = `${claims.filter(claim => !claim.hidden).length} of ${claims.length} claims shown.`;
  };
  const read = () => {
    const asked = new URLSearchParams(location.search);
    choose(asked.get("verdict") || "", asked.get("chapter") || "");
    apply();
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !target.closest("[hidden]")) return;
    choose("", ""); // a link to a claim shows it
    apply();
    target.scrollIntoView();
  };
  box.addEventListener("change", () => {
    const search = new URLSearchParams(chosen()).toString();
    try { history.replaceState(null, "", location.pathname + (search && `?${search}`)); } catch { /* refused on some disks */ }
    apply();
  });
  window.addEventListener("hashchange", read);
  box.hidden = false;
  read();
})();
