"""Binding prints into PDFs with pypdf: links that lead to their place, bookmarks, page numbers. See tools/pdf.py."""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urldefrag

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, Fit, FloatObject, NameObject, NullObject, TextStringObject


@dataclass
class Print:
    """A page of the book on paper: its place in the contents, its PDF, the number of its first sheet, its headings.

    The headings are kept by their letters alone, because Chromium drops a space where it breaks a line.
    """

    name: str
    part: str
    title: str
    pdf: PdfReader
    first: int
    headings: dict[str, str]


@dataclass
class Book:
    """What all PDFs of the book need to know: where it was built, where it stands on the web if it does, its names."""

    built: Path
    base: str
    title: str
    author: str


def letters(text: str) -> str:
    """The text without its spaces.

    >>> letters("One update")
    'Oneupdate'
    """
    return re.sub(r"\s|\u200b", "", text)


def places(prints: list[Print]) -> dict[str, tuple[int, float]]:
    """Where each page and each anchor on it stands: on which sheet of the prints together, and how high."""
    found: dict[str, tuple[int, float]] = {}
    for each in prints:
        found[each.name] = (each.first - 1, float(each.pdf.pages[0].mediabox.top))
        for anchor, spot in each.pdf.named_destinations.items():
            sheet = each.first - 1 + each.pdf.get_destination_page_number(spot)
            found[f"{each.name}#{unquote(anchor.removeprefix('/'))}"] = (sheet, float(spot.top))
    return found


def target(link: Any, here: str, built: Path) -> str:
    """What a link on the page `here` leads to, as path#anchor in the built book; empty where it leaves the book."""
    if isinstance(link.get("/Dest"), str):
        return f"{here}.html#{unquote(link['/Dest'].removeprefix('/'))}"
    address, anchor = urldefrag(str(link.get("/A", {}).get("/URI", "")))
    if not address.startswith(built.as_uri()):
        return ""
    path = unquote(address.removeprefix(f"{built.as_uri()}/"))
    return f"{path}#{unquote(anchor)}" if anchor else path


def redirect(writer: PdfWriter, owners: list[str], book: Book, prints: list[Print], start: int, folder: Path) -> None:
    """Lead every link to its place in `writer`, or out of the file; no path of this machine stays.

    `owners` names the page that each sheet shows, `start` is the sheet at which `prints` begin, and `folder`, seen from
    the built book, is where the file will lie.
    """
    known = places(prints)
    for here, sheet in zip(owners, writer.pages, strict=True):
        for reference in sheet.get("/Annots", ()):
            link = reference.get_object()
            to = target(link, here, book.built)
            path, hash_, anchor = to.partition("#")
            name = path.removesuffix(".html")
            spot = known.get(f"{name}#{anchor}", known.get(name))
            if to and spot:
                page = writer.pages[start + spot[0]].indirect_reference
                where = [page, NameObject("/XYZ"), NullObject(), FloatObject(spot[1]), NullObject()]
                link[NameObject("/Dest")] = ArrayObject(where)
                link.pop("/A", None)
            elif to:
                beside = os.path.relpath(book.built / path, book.built / folder)
                address = book.base.rstrip("/") + "/" + path if book.base else beside
                address = quote(address, safe=":/") + hash_ + quote(anchor)
                link["/A"].get_object()[NameObject("/URI")] = TextStringObject(address)


def bookmarks(writer: PdfWriter, each: Print, outline: list[Any], start: int, parent: Any = None) -> None:
    """Add the bookmarks of a print below `parent`; the numbered sheets begin at sheet `start` of `writer`."""
    last = parent
    for item in outline:
        if isinstance(item, list):
            bookmarks(writer, each, item, start, last)
        else:
            at = start + each.first - 1 + each.pdf.get_destination_page_number(item)
            title = each.headings.get(letters(str(item.title)), str(item.title))
            last = writer.add_outline_item(title=title, page_number=at, parent=parent, fit=Fit.xyz(top=item.top))


def finish(writer: PdfWriter, path: Path, title: str, author: str, numbers: list[tuple[int, str, int]]) -> None:
    """Name and number the sheets (from which sheet, in which style, beginning with what), and write the file."""
    writer.add_metadata({"/Title": title, "/Author": author, "/Creator": "tools/pdf.py"})
    writer.root_object[NameObject("/Lang")] = TextStringObject("en")
    ends = [sheet for sheet, _, _ in numbers[1:]] + [len(writer.pages)]
    for (sheet, style, first), end in zip(numbers, ends, strict=True):
        writer.set_page_label(sheet, end - 1, style=style, start=first)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.write(path)


def offprint(each: Print, path: Path, book: Book) -> Path:
    """Write one page's PDF, with the page numbers that it has in the book."""
    writer = PdfWriter(clone_from=each.pdf)
    alone = replace(each, first=1)
    redirect(writer, [each.name] * len(writer.pages), book, [alone], 0, Path(each.name).parent)
    del writer.root_object["/Outlines"]
    bookmarks(writer, alone, each.pdf.outline, 0)
    finish(writer, path, each.title, book.author, [(0, "/D", each.first)])
    return path


def bind(opening: PdfReader, prints: list[Print], path: Path, book: Book) -> Path:
    """Write the whole book: `opening`, which is title page and contents, and all prints behind it."""
    start = len(opening.pages)
    writer = PdfWriter()
    for pdf in [opening, *(each.pdf for each in prints)]:
        for sheet in pdf.pages:
            writer.add_page(sheet)
    owners = [""] * start + [each.name for each in prints for _ in each.pdf.pages]
    redirect(writer, owners, book, prints, start, Path())
    part, above = "", None
    for each in prints:
        if each.part != part:
            part = each.part
            above = writer.add_outline_item(title=part, page_number=start + each.first - 1)
        bookmarks(writer, each, each.pdf.outline, start, above)
    writer.page_mode = "/UseOutlines"
    writer.compress_identical_objects()
    finish(writer, path, book.title, book.author, [(0, "/r", 1), (start, "/D", 1)])
    return path
