"""The fact-check page: every claim, both ways; filtered by keyboard and address; whole without script and on paper."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from browser import sideways, violations
from test_built import HTML, ROOT, page, target

LEDGER = yaml.safe_load((ROOT / "book" / "claims.yml").read_text("utf-8"))
PAGE = "book/fact_check.html"
VERDICTS = Counter("planned" if c["status"] == "planned" else str(c["verdict"]).lower() for c in LEDGER)


def anchor(claim: dict[str, Any]) -> str:
    return f"claim-{claim['id']}".lower().replace(".", "-")


@pytest.fixture
def ledger(open_page: Callable[..., Any], served: Callable[[Path], str]) -> Callable[..., Any]:
    def go(rest: str = "", disk: bool = False, **how: Any) -> Any:
        opened = open_page(((HTML / PAGE).as_uri() if disk else f"{served(HTML)}/{PAGE}") + rest, **how)
        opened.wait_for_load_state("networkidle")
        return opened

    return go


def visible(opened: Any) -> int:
    return opened.locator(".bp-claim:visible").count()


@pytest.mark.parametrize("claim", LEDGER, ids=lambda claim: claim["id"])
def test_a_claim_is_on_the_page_and_the_place_leads_back(claim: dict[str, Any]) -> None:
    assert anchor(claim) in page(HTML / PAGE).ids
    if claim["status"] == "planned":
        return
    path, _, place = claim["anchor"].partition("#")
    assert (HTML / f"{path}.html", place) in {target(HTML / PAGE, link) for link in page(HTML / PAGE).links}
    text = (HTML / f"{path}.html").read_text("utf-8")
    behind = text.split(f'id="{place}"', 1)[1]
    line = re.search(r'<p class="bp-links">Claims checked here: (.*?)</p>', behind, re.S)
    assert f"fact_check.html#{anchor(claim)}" in line[1]
    for name in (e.removeprefix("claim:") for e in claim["evidence"] if e.startswith("claim:")):
        ran = f"ran-{name}".replace(".", "-")
        (link,) = {each for each in page(HTML / PAGE).links if each.endswith(f"#{ran}")}
        printed, _ = target(HTML / PAGE, link)
        assert ran in page(printed).ids
        assert re.search(rf'id="{ran}" href="[^"]*fact_check\.html#claim-', printed.read_text("utf-8"))


def test_the_counts_are_said(ledger: Callable[..., Any]) -> None:
    text = ledger().locator("article").inner_text()
    assert f"Of {len(LEDGER)} claims, {len(LEDGER) - VERDICTS['planned']} are checked" in text
    assert f"{VERDICTS['planned']} are planned" in text


@pytest.mark.parametrize("disk", [False, True])
@pytest.mark.parametrize("kind", ["true", "false", "depends", "planned"])
def test_the_filter_by_keyboard_is_announced_and_stands_in_the_address(
    kind: str, disk: bool, ledger: Callable[..., Any]
) -> None:
    opened = ledger(disk=disk)
    assert visible(opened) == len(LEDGER)
    opened.locator(".bp-ledger input").first.focus()
    for _ in range(["true", "depends", "false", "planned"].index(kind) + 1):
        opened.keyboard.press("ArrowRight")
    assert visible(opened) == VERDICTS[kind]
    assert opened.locator(".bp-ledger [role=status]").inner_text() == f"{VERDICTS[kind]} of {len(LEDGER)} claims shown."
    assert f"verdict={kind}" in opened.url
    opened.reload()
    assert visible(opened) == VERDICTS[kind]
    assert opened.seen.errors == []


def test_verdict_and_chapter_together(ledger: Callable[..., Any]) -> None:
    opened = ledger("?verdict=false&chapter=05_training")
    wanted = [c for c in LEDGER if str(c.get("verdict")).lower() == "false" and "05_training" in c["anchor"]]
    assert visible(opened) == len(wanted) > 0
    opened.select_option(".bp-ledger select", "")
    assert visible(opened) == VERDICTS["false"]


def test_a_link_to_a_claim_shows_it_whatever_was_chosen(ledger: Callable[..., Any]) -> None:
    claim = next(c for c in LEDGER if str(c.get("verdict")).lower() == "true")
    opened = ledger(f"?verdict=false#{anchor(claim)}")
    assert opened.locator(f"#{anchor(claim)}").is_visible()


def test_without_a_script_and_on_paper_all_is_shown(ledger: Callable[..., Any]) -> None:
    still = ledger(javascript=False)
    assert visible(still) == len(LEDGER)
    assert not still.locator(".bp-ledger").is_visible()
    opened = ledger("?verdict=false")
    opened.emulate_media(media="print")
    assert visible(opened) == len(LEDGER)
    assert not opened.locator(".bp-ledger").is_visible()


@pytest.mark.parametrize(("width", "dark"), [(320, True), (1280, False)])
def test_filtered_it_is_accessible(width: int, dark: bool, ledger: Callable[..., Any]) -> None:
    opened = ledger("?verdict=planned", width=width, dark=dark, still=True)
    assert violations(opened) == []
    assert sideways(opened) == []
