"""Python in the page: every cell that runs there prints what the book prints; it can be edited, stopped and reset."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browser import sideways, violations
from test_built import HTML

PLAY = HTML / "_static" / "python"
PAGES = sorted(
    p.relative_to(HTML).as_posix() for p in (HTML / "chapters").glob("*.html") if "bp-cells" in p.read_text()
)
SMALL = """() => [...document.querySelectorAll('.bp-run button')].filter(e => e.checkVisibility())
    .filter(e => e.offsetHeight < 44 || e.offsetWidth < 44).map(e => e.outerHTML)"""
ENDED = "bar => /^(Done|It stopped|Stopped|Python|As printed)/.test(bar.querySelector('.bp-run-status').textContent)"

STOPPED = """stop => new Promise(done => {
    const from = performance.now(), status = stop.closest('.bp-run').querySelector('.bp-run-status');
    const frame = () => {
        if (status.textContent.startsWith('Stopped')) done(performance.now() - from);
        else requestAnimationFrame(frame);
    };
    stop.click();
    requestAnimationFrame(frame);
})"""


@pytest.fixture
def cell(open_page: Callable[..., Any], served: Callable[..., str]) -> Iterator[Callable[..., Any]]:
    """cell(number, page=…, **how) -> the cell with this Run button on an open page."""

    def go(number: int, page: str = PAGES[-1], **how: Any) -> Any:
        opened = open_page(f"{served(HTML)}/{page}", **how)
        opened.wait_for_load_state("networkidle")
        return cell_of(opened, number)

    return go


def cell_of(page: Any, number: int) -> Any:
    found = page.locator("div.cell", has=page.locator(".bp-run")).nth(number)
    if found.locator("details:not([open])").count():
        found.locator("summary").first.click()
    return found


def run(cell: Any, button: str = "Run", by: str = "click") -> str:
    """Press Run, wait for the end, and return what stands under the cell."""
    pressed = cell.get_by_role("button", name=button, exact=True)
    pressed.press("Enter") if by == "keys" else getattr(pressed, by)()
    return ended(cell)


def ended(cell: Any) -> str:
    bar = cell.locator(".bp-run")
    cell.page.wait_for_function(ENDED, arg=bar.element_handle())
    return "".join(cell.locator(".bp-run-output pre").all_text_contents())


def write(cell: Any, text: str) -> None:
    """Type `text` in the place of what the open editor holds, and run it from the keyboard."""
    cell.locator(".cm-content").focus()
    cell.page.keyboard.press("Control+a")
    cell.page.keyboard.insert_text(text)
    cell.page.keyboard.press("Control+Enter")


def test_there_are_pages_with_python() -> None:
    assert "chapters/03_worked_example.html" in PAGES


def test_the_first_run_is_light() -> None:
    """At most 7 MB gzipped, all files counted."""
    total = sum(len(gzip.compress(path.read_bytes(), 6)) for path in PLAY.iterdir())
    print(f"{total / 1e6:.2f} MB gzipped")
    assert total <= 7_000_000


@pytest.mark.parametrize(("by", "width", "dark"), [("keys", 1280, False), ("tap", 320, True)])
@pytest.mark.parametrize("name", PAGES)
def test_every_cell_prints_what_the_book_prints(
    name: str, by: str, width: int, dark: bool, cell: Callable[..., Any]
) -> None:
    first = cell(0, name, width=width, dark=dark, touch=by == "tap", still=True)
    page = first.page
    count = page.locator(".bp-run").count()
    assert count >= 20
    for number in range(count):
        each = cell_of(page, number)
        printed = "".join(each.locator(".cell_output pre").all_text_contents())
        came = run(each, by=by)
        drawn = each.locator(".bp-run-html").count()
        assert drawn or came.strip() == printed.strip(), f"cell {number}"
        assert each.locator(".bp-run-status").inner_text() == "Done"
    assert page.evaluate(SMALL) == []
    for theme in ("dark", "light"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        assert violations(page, "div.cell:has(.bp-run)") == []
    assert sideways(page) == []
    assert page.seen.errors == []
    assert page.seen.elsewhere(page.url.split("/chapters")[0]) == []


def test_a_later_cell_runs_those_above(cell: Callable[..., Any]) -> None:
    later = cell(6)
    printed = "".join(later.locator(".cell_output pre").all_text_contents())
    assert run(later).strip() == printed.strip()


@pytest.mark.parametrize(("width", "dark"), [(320, True), (1280, False)])
def test_edit_err_and_reset(width: int, dark: bool, cell: Callable[..., Any]) -> None:
    one = cell(1, width=width, dark=dark, still=True)
    still = one.locator(".cell_output pre").first
    assert "h" in run(one)
    assert not still.is_visible()
    write(one, "a = 20 + 1\n2 * a")
    assert ended(one) == "42"
    write(one, "a = 1\n\na / 0")
    assert ended(one) == "line 3: a / 0\nZeroDivisionError: division by zero\n"
    assert one.locator(".bp-run-status").inner_text() == "It stopped at an error"
    write(one, "for i in range(3) print(i)")
    assert "SyntaxError: invalid syntax" in ended(one)
    assert violations(one.page) == []
    assert sideways(one.page) == []
    run(one, "Reset")
    assert still.is_visible()
    assert one.locator(".cm-editor").count() == 0
    assert one.page.seen.errors == []


def test_an_error_above_is_named(cell: Callable[..., Any]) -> None:
    one = cell(1)
    run(one)
    write(one, "sigmoid = None\n1 / 0")
    ended(one)
    below = run(cell_of(one.page, 2))
    assert re.match(r"A cell above, which begins “sigmoid = None”, failed:\nline 2: 1 / 0\nZeroDivisionError", below)


def test_a_loop_is_stopped_and_python_starts_again_without_the_network(cell: Callable[..., Any]) -> None:
    one = cell(1)
    printed = run(one)
    write(one, "while True:\n    pass")
    stop = one.get_by_role("button", name="Stop")
    stop.wait_for()
    one.page.wait_for_timeout(300)  # so that the loop runs
    took = stop.evaluate(STOPPED)
    print(f"stopped after {took:.0f} ms")
    assert took <= 1000
    ended(one)
    assert one.locator(".bp-run-status").inner_text().startswith("Stopped.")
    one.page.context.set_offline(True)
    run(one, "Reset")
    assert run(one) == printed
    assert one.page.seen.errors == []


def test_a_flood_is_cut(cell: Callable[..., Any]) -> None:
    one = cell(1)
    run(one)
    write(one, "for i in range(100_000):\n    print('flood', i)")
    text = ended(one)
    assert len(text) < 21_000
    assert text.endswith("a cell prints at most 20,000 characters here\n")


def test_the_keyboard_alone(cell: Callable[..., Any]) -> None:
    one = cell(1)
    one.get_by_role("button", name="Run").focus()
    one.page.keyboard.press("Enter")
    ended(one)
    keys = one.page.keyboard
    assert one.page.evaluate("document.activeElement.className").startswith("cm-content")
    keys.press("Escape")
    keys.press("Tab")
    assert one.page.evaluate("document.activeElement.textContent") == "Run"


def test_from_the_disk_it_says_why_not(open_page: Callable[..., Any]) -> None:
    page = open_page((HTML / PAGES[-1]).as_uri())
    cell_of(page, 1).get_by_role("button", name="Run").click()
    assert (
        "Python cannot start on a page opened from the disk" in cell_of(page, 1).locator(".bp-run-status").inner_text()
    )
    assert page.seen.errors == []


def test_a_browser_without_module_workers_says_so(cell: Callable[..., Any]) -> None:
    one = cell(1)
    one.page.evaluate("() => { window.Worker = function () { throw new Error('no module workers here'); }; }")
    run(one)
    assert "Python did not start: no module workers here" in one.locator(".bp-run-status").inner_text()
    assert one.locator(".cell_output pre").first.is_visible()


def test_nothing_of_python_is_loaded_before_the_first_run(cell: Callable[..., Any]) -> None:
    page = cell(0).page
    heavy = [url for url in page.seen.requests if "/_static/python/" in url]
    assert {url.rsplit("/", 1)[1] for url in heavy} == {"python.js", "python.css"}


def test_what_a_page_lists_is_small() -> None:
    for name in PAGES:
        (listed,) = re.findall(r'id="bp-cells">(.*?)</script>', (HTML / name).read_text("utf-8"), re.S)
        assert len(listed) < 12_000
        assert json.loads(listed)["cells"]
