"""Every figure and quiz of every page as built is played: by keyboard and by touch, wide and narrow, light and dark."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser import sideways, violations
from playing import AUDIT, LATENCY, PLAYABLE, ROOT, WATCH, Play
from test_built import HTML, name

from bplib.figures import FIGURES
from bplib.figures._display import DIST

# Of input, width and theme each pair of values once. Pages take turns: one by keys and one by touch each, for it takes
# minutes; `make audit` plays them all on every page.
LOOKS = [("keys", 1280, False), ("keys", 320, True), ("touch", 320, False), ("touch", 1280, True)]
PLAYS = [
    pytest.param(path, *look, id="-".join((name(path), look[0], str(look[1]), "dark" if look[2] else "light")))
    for turn, path in enumerate(PLAYABLE)
    for look in (LOOKS if AUDIT else LOOKS[turn % 2 :: 2])
]


def test_every_figure_has_a_page() -> None:
    shown = "".join(path.read_text("utf-8") for path in PLAYABLE)
    assert [each for each in FIGURES if f'data-bp-figure="{each}"' not in shown] == []


@pytest.mark.parametrize("script", ["figures.js", *(f"figures/{each}.js" for each in FIGURES)])
def test_pages_run_what_the_fixtures_were_held_against(script: str) -> None:
    assert (HTML / "_static" / script).read_bytes() == (DIST / script).read_bytes(), "run make book"


@pytest.mark.parametrize(("path", "by", "width", "dark"), PLAYS)
def test_played(
    path: Path, by: str, width: int, dark: bool, open_page: Callable[..., Any], served: Callable[[Path], str]
) -> None:
    page = open_page("about:blank", width=width, dark=dark, touch=by == "touch", still=True)
    page.add_init_script(WATCH)
    host = served(HTML)
    page.goto(f"{host}/{name(path)}")
    page.wait_for_load_state("networkidle")
    faults, waits = [], {}
    for root in page.locator(ROOT).all():
        play = Play(page, root)
        (play.by_keyboard if by == "keys" else play.by_touch)()
        faults += [f"{play.title}: {fault}" for fault in play.faults]
        waits |= {f"{play.title}: {control}": took for control, took in play.waits().items()}
    print(
        *(f"{took:.0f} ms {control}" for control, took in sorted(waits.items(), key=lambda each: -each[1])[:5]),
        sep="\n",
    )
    assert faults == []
    assert len(waits) >= 10
    assert {control: took for control, took in waits.items() if took > LATENCY} == {}
    assert violations(page, ROOT) == []
    assert sideways(page) == []
    assert page.seen.errors == []
    assert page.seen.elsewhere(host) == []
