"""The book on paper: a chapter and a prose page are printed and bound; nothing is cut, every link has its place."""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_built import HTML

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import pdf  # noqa: E402
from bind import Book, Print, letters, offprint  # noqa: E402
from pypdf import PdfReader, PdfWriter  # noqa: E402
from pypdf.annotations import Link  # noqa: E402

PAGES = [("chapters/03_worked_example", "Foundations"), ("book/notation", "Behind the book")]
# What the page says, by kinds: what a reader of the paper must find there.
SAYS = """() => {
    const said = selector => [...document.querySelectorAll('article ' + selector)].map(found => {
        const copy = found.cloneNode(true);
        for (const part of copy.querySelectorAll('.headerlink, .katex-mathml')) part.remove();
        return copy.textContent.trim();
    });
    return {
        headings: said(':is(h1, h2, h3)'),
        paragraphs: said('section > p:not(:has(.math, code))'),
        code: said('.cell > .cell_input pre').flatMap(text => text.split('\\n')),
        outputs: said('.cell_output pre').flatMap(text => text.split('\\n')),
        captions: said('figcaption'),
        labels: said(':is(.bp-scroll, .bp-wide) > svg text'),
        questions: said('.bp-option:not(:has(sub))'),
        reasons: said('.bp-why:not(:has(sub))').map(text => text.replace('Read on where this is shown.', '')),
        numbers: said('.eqno'),
    };
}"""


@pytest.fixture(scope="module")
def made(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[PdfReader, PdfReader]:
    """A chapter's PDF, and a book of this chapter and one page more."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    chapter, book = pdf.make(browser, HTML, tmp_path_factory.mktemp("pdf"), PAGES, config)
    return PdfReader(chapter), PdfReader(book)


def body(reader: PdfReader) -> str:
    """The text of all sheets by its letters, without what stands in their margins."""
    heads = r"Backpropagation, run and checked\n(.*\n)?\d+\n"
    return letters("".join(re.sub(heads, "", sheet.extract_text(), count=1) for sheet in reader.pages))


def fonts(reader: PdfReader) -> dict[str, bool]:
    """Each font of the file, and whether its shapes are inside."""
    found = {}
    for sheet in reader.pages:
        for each in (sheet["/Resources"].get("/Font") or {}).values():
            font = each.get_object()
            inner = font.get("/DescendantFonts", [font])[0].get_object()
            held = any(name in inner.get("/FontDescriptor", {}) for name in ("/FontFile", "/FontFile2", "/FontFile3"))
            found[str(font.get("/BaseFont", "drawn"))] = held or font["/Subtype"] == "/Type3"
    return found


def stands(text: str, paper: str, whole: bool) -> bool:
    """Whether `text` is on the paper: every letter of it, or a piece of prose, whose indices may stand elsewhere."""
    if whole or len(text) <= 20:
        return text in paper
    return any(text[start : start + 20] in paper for start in range(0, len(text) - 19, 4))


def titles(outline: list[Any]) -> list[str]:
    return [title for item in outline for title in (titles(item) if isinstance(item, list) else [item.title])]


def test_all_that_the_page_says_is_on_paper(made: tuple[PdfReader, PdfReader], open_page: Callable[..., Any]) -> None:
    page = open_page((HTML / f"{PAGES[0][0]}.html").as_uri(), javascript=False)
    paper = body(made[0])
    for kind, texts in page.evaluate(SAYS).items():
        assert len(texts) >= 3, kind
        lost = [text for text in texts if not stands(letters(text), paper, whole=kind in ("code", "outputs"))]
        assert lost == [], kind


def test_sheets_are_filled_numbered_and_carry_their_fonts(made: tuple[PdfReader, PdfReader]) -> None:
    chapter, book = made
    assert 15 <= len(chapter.pages) <= 40
    assert 18 <= len(book.pages) <= 48
    for reader in made:
        assert all(fonts(reader).values()), fonts(reader)
        assert {"KaTeX_Main-Regular", "KaTeX_Math-Italic"} <= {name.split("+")[-1] for name in fonts(reader)}
    for label, sheet in zip(chapter.page_labels, chapter.pages, strict=True):
        text = sheet.extract_text()
        assert re.search(rf"^{label}$", text, re.M), "the number in the margin is that of the viewer"
        assert len(text) > 150, f"sheet {label} is almost empty"
    assert book.page_labels == ["i", "ii", *map(str, range(1, len(book.pages) - 1))]


def test_bookmarks_are_the_headings(made: tuple[PdfReader, PdfReader], open_page: Callable[..., Any]) -> None:
    page = open_page((HTML / f"{PAGES[0][0]}.html").as_uri(), javascript=False)
    headings = page.evaluate(SAYS)["headings"]
    assert titles(made[0].outline) == [*headings, "Answers"]
    assert titles(made[1].outline)[: len(headings) + 2] == ["Foundations", *headings, "Answers"]


def test_links_lead_into_the_book_and_name_no_place_of_this_machine(made: tuple[PdfReader, PdfReader]) -> None:
    chapter, book = made
    for reader in made:
        links = [note.get_object() for sheet in reader.pages for note in sheet.get("/Annots", ())]
        addresses = [str(link["/A"]["/URI"]) for link in links if "/A" in link]
        assert not [address for address in addresses if address.startswith(("file:", "/")) or "_build" in address]
        inside = [link["/Dest"] for link in links if "/Dest" in link]
        assert len(inside) > 20
        assert all(reader.get_page_number(where[0].get_object()) is not None for where in inside)
    first = [note.get_object()["/Dest"][0].get_object() for note in book.pages[1]["/Annots"]]
    numbers = [book.get_page_number(sheet) for sheet in first]
    assert [book.page_labels[number] for number in numbers] == ["1", str(len(chapter.pages) + 1)]
    assert "Contents" in book.pages[1].extract_text()


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("", "../book/fact%20check.html#m5"),
        ("https://example.org/book/", "https://example.org/book/book/fact%20check.html#m5"),
    ],
)
def test_a_link_out_of_a_chapter_leads_beside_it_or_to_the_web(base: str, address: str, tmp_path: Path) -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.add_outline_item(title="A chapter", page_number=0)
    writer.add_annotation(0, Link(rect=(0, 0, 9, 9), url=(tmp_path / "book" / "fact check.html").as_uri() + "#m5"))
    writer.write(tmp_path / "print.pdf")
    each = Print("chapters/03", "", "A chapter", PdfReader(tmp_path / "print.pdf"), 7, {})
    made = PdfReader(offprint(each, tmp_path / "03.pdf", Book(tmp_path, base, "A book", "its authors")))
    assert made.pages[0]["/Annots"][0].get_object()["/A"]["/URI"] == address
    assert made.page_labels == ["7"]


def test_paper_is_light_and_the_screen_is_as_before(open_page: Callable[..., Any]) -> None:
    page = open_page((HTML / f"{PAGES[0][0]}.html").as_uri(), dark=True, still=True)
    page.wait_for_load_state("networkidle")
    look = "[document.documentElement.dataset.theme, document.querySelectorAll('.bp-answers').length]"
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(look) == ["light", 1]
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(look) == ["dark", 0]


def test_what_can_only_be_pressed_is_not_on_paper(open_page: Callable[..., Any]) -> None:
    page = open_page((HTML / f"{PAGES[0][0]}.html").as_uri(), still=True)
    page.wait_for_load_state("networkidle")
    page.locator("[data-bp-figure]").first.scroll_into_view_if_needed()
    page.wait_for_selector("[data-bp-figure] .bp-live")
    page.emulate_media(media="print")
    pressed = (
        "[...document.querySelectorAll('button, input, select, .headerlink')].filter(e => e.checkVisibility()).length"
    )
    assert page.evaluate(pressed) == 0
    for still in page.locator("[data-bp-figure] .bp-still").all():
        assert still.locator("svg").first.is_visible()
    assert page.evaluate("document.querySelector('article').getBoundingClientRect().left") == 0


def test_a_page_offers_its_pdf_where_room_was_left(tmp_path: Path) -> None:
    page, made = tmp_path / "03.html", tmp_path / "03.pdf"
    page.write_text(f"<h1>A chapter</h1><ul><li>one</li>{pdf.PLACE}</ul>")
    made.write_bytes(b"x" * 1_200_000)
    for _ in range(2):
        pdf.offer(page, made, "This chapter as PDF", "li")
        link = '<li class="bp-pdf"><a href="03.pdf">This chapter as PDF</a> (1.2 MB)</li>'
        assert page.read_text() == f"<h1>A chapter</h1><ul><li>one</li>{link}</ul>"


def test_the_contents_are_the_books() -> None:
    listed = pdf.contents()
    assert listed[0] == ("book/welcome", "")
    assert ("chapters/03_worked_example", "Foundations") in listed
