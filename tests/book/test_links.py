"""Equation, library function, figure and exercise know one another: the built pages lead from each to the others."""

import ast
import doctest
import re
import sys
from functools import cache
from html import unescape
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from test_built import HTML, ROOT, page

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import equations
import factcheck
import terms
import tips
import whereabouts

LIBRARY = HTML / "book" / "library.html"
ENGINES = ["scalar", "dual", "matrix", "functional", "transforms", "gradcheck", "optim", "depth"]
ENGINES += [
    f"{part}.{path.stem}"
    for part in ("nn", "alternatives")
    for path in sorted((ROOT / "bplib" / part).glob("[!_]*.py"))
]
# Public names of the engines that stand for no labelled equation: what they do is said in words, or is a source's own.
IN_WORDS = {
    "scalar": {"dot", "total"},
    "functional": {"mse", "log_softmax", "softplus", "gelu", "bfloat16", "where", "concat", "stack"},
    "transforms": {"grad", "hvp"},
    "matrix": {"box", "apply"},
    "gradcheck": {"check_grads"},
    "optim": {"Optimiser", "descend", "LossScaler"},
    "depth": {"deep_net", "decades", "bell", "moments"},
    "nn.init": {"normal", "xavier", "orthogonal"},
    "nn.modules": {"Module", "ReLU", "LeakyReLU", "Tanh", "GELU", "Sequential"},
    "nn.segments": {"checkpoint"},
    "alternatives.angles": {"angles"},
    "alternatives.compare": {"accuracy", "train", "step", "Result", "compare"},
    "alternatives.equilibrium": {"half_xavier"},
    "alternatives.feedback": {"Frozen"},
    "alternatives.rule": {"Rule"},
}


@cache
def labels() -> set[str]:
    """The labels of all equations in chapters and prose."""
    texts = [path.read_text("utf-8") for path in (ROOT / "book").glob("*.md")]
    for path in (ROOT / "chapters").glob("*.ipynb"):
        texts += [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]
    return {label for text in texts for label in re.findall(r"^\$\$ \((eq-[\w-]+)\)", text, re.M)}


def docstrings(module: str) -> dict[str, str]:
    """{public name, or Class.method: docstring} of a module of bplib."""
    found = {}
    tree = ast.parse((ROOT / "bplib" / f"{module.replace('.', '/')}.py").read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            found[node.name] = ast.get_docstring(node) or ""
            inner = node.body if isinstance(node, ast.ClassDef) else []
            found |= {
                f"{node.name}.{m.name}": ast.get_docstring(m) or "" for m in inner if isinstance(m, ast.FunctionDef)
            }
    return found


@pytest.mark.parametrize("extension", [equations, factcheck, terms, tips, whereabouts], ids=lambda each: each.__name__)
def test_the_examples_of_an_extension_run(extension: ModuleType) -> None:
    ran = doctest.testmod(extension)
    assert ran.attempted
    assert not ran.failed


def test_there_are_equations() -> None:
    assert len(labels()) > 100


@pytest.mark.parametrize("path", sorted((ROOT / "bplib").rglob("*.py")), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_equation_that_the_library_names_exists(path: Path) -> None:
    assert set(equations.cited(path.read_text("utf-8"))) <= labels()


@pytest.mark.parametrize("module", ENGINES)
def test_every_public_function_of_the_engines_names_its_equation(module: str) -> None:
    """Itself or in a method; but for those that are listed, and no name is listed that does."""
    said = docstrings(module)
    names = {name for name in said if "." not in name}
    silent = {n for n in names if not any(equations.cited(said[k]) for k in said if k == n or k.startswith(f"{n}."))}
    assert silent == IN_WORDS.get(module, set())


@cache
def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def cited_in_the_library() -> dict[str, set[str]]:
    """{label: names of the functions whose entry in the built library leads to it}."""
    found: dict[str, set[str]] = {}
    for name, entry in re.findall(
        r'<dt class="sig[^>]* id="(bplib\.[\w.]+)">(.*?)(?=<dt class="sig|\Z)', text_of(LIBRARY), re.S
    ):
        for anchor in re.findall(r'#(equation-[\w-]+)"', entry):
            found.setdefault(anchor, set()).add(name)
    return found


def test_an_equation_leads_to_its_functions_and_they_lead_back() -> None:
    """Both ways from the built pages: what is under an equation is what the entries in the library cite."""
    below: dict[str, set[str]] = {}
    for path in sorted((HTML / "chapters").glob("*.html")):
        before, *after = text_of(path).split('<p class="bp-links">In code: ')
        for line in after:
            anchor = re.findall(r'id="(equation-[\w-]+)"', before)[-1]
            below[anchor] = set(re.findall(r'library\.html#(bplib\.[\w.]+)"', line.split("</p>")[0]))
            before = line
    assert below == cited_in_the_library()
    assert len(below) >= 45


def test_every_labelled_function_is_in_the_library() -> None:
    """A function that names an equation has an entry, so that the equation can lead to it."""
    written = {label for module in ENGINES for said in docstrings(module).values() for label in equations.cited(said)}
    assert {equations.identifier(label) for label in written} == set(cited_in_the_library())


@pytest.mark.parametrize("path", sorted((HTML / "chapters").glob("*.html")), ids=lambda path: path.stem)
def test_a_chapter_is_in_the_list_with_its_figure_and_its_exercise(path: Path) -> None:
    listed = re.search(r'<ul class="bp-where.*?</ul>', text_of(LIBRARY), re.S)[0]
    (item,) = re.findall(rf'<li>(?:(?!</li>).)*?chapters/{path.stem}\.html"(?:(?!</li>).)*</li>', listed, re.S)
    anchors = {i for i in page(path).ids if i.startswith("figure-")}
    assert anchors, "the chapter's figure has no anchor"
    assert anchors == set(re.findall(rf'{path.stem}\.html#(figure-\w+)"', item))
    exercise = f"ch{path.stem[:2]}-exercise"
    assert (exercise in page(path).ids) == (f"{path.stem}.html#{exercise}" in item)


@pytest.mark.parametrize("path", sorted((HTML / "chapters").glob("*.html")), ids=lambda path: path.stem)
def test_a_figure_names_what_it_is_checked_against(path: Path) -> None:
    expected = set()
    for anchor in (i for i in page(path).ids if i.startswith("figure-")):
        used = set(whereabouts.used(anchor.removeprefix("figure-"))) & set(page(LIBRARY).ids)
        after = text_of(path).split(f'id="{anchor}"')[1].split('<p class="bp-links">Its numbers are the library', 1)
        assert not used or used == set(re.findall(r'library\.html#(bplib\.[\w.]+)"', after[1].split("</p>")[0]))
        expected |= used
    assert expected, "no figure of this chapter is checked against the library"


def test_numbers_of_equations_are_those_of_their_chapters() -> None:
    numbers = []
    for path in sorted((HTML / "chapters").glob("*.html")):
        found = re.findall(r'class="eqno" href="#equation-[\w-]+"[^>]*>\(([\w.]+)\)', text_of(path))
        assert found == [f"{int(path.stem[:2])}.{n}" for n in range(1, len(found) + 1)]
        numbers += found
    assert len(numbers) == len(set(numbers)) > 100


def test_every_module_of_the_library_page_has_its_source_in_the_book() -> None:
    listed = re.findall(r"automodule:: (bplib[\w.]*)", (ROOT / "book" / "library.md").read_text("utf-8"))
    assert len(listed) > 15
    for module in listed:
        package = (ROOT / module.replace(".", "/")).is_dir()
        parts = (
            [f"{module}.{p.stem}" for p in (ROOT / module.replace(".", "/")).glob("[!_]*.py")] if package else [module]
        )
        assert any((HTML / "_modules" / f"{part.replace('.', '/')}.html").exists() for part in parts), module


def test_a_listing_of_source_leads_to_its_equations() -> None:
    listing = text_of(HTML / "_modules" / "bplib" / "alternatives" / "feedback.html")
    assert "16_feedback_alignment.html#equation-eq-16-fa" in listing
    assert "(eq-16-fa)" not in listing


def test_the_index_has_functions_terms_and_chapters() -> None:
    index = text_of(HTML / "genindex.html")
    assert "book/library.html#bplib.functional.linear" in index
    assert "book/glossary.html#term-" in index
    for path in (HTML / "chapters").glob("*.html"):
        assert f"chapters/{path.stem}.html#index-" in index, f"no term of {path.stem} is in the index"
    assert 'href="genindex.html"' in text_of(HTML / "search.html"), "the index is not in the table of contents"


def test_the_index_leads_from_every_term_to_a_chapter() -> None:
    """Where it is bold, or where the glossary says that it is introduced."""
    assert len(terms.glossary()) > 100
    lines = [unescape(line) for line in re.findall(r"<li>(.*?)</li>", text_of(HTML / "genindex.html"), re.S)]
    for term in terms.glossary():
        (line,) = (line for line in lines if line.startswith(f"{term}:"))
        assert "book/glossary.html#term-" in line
        assert re.search(r"chapters/\d\d_\w+\.html#", line), term


@pytest.mark.parametrize("path", sorted((HTML / "chapters").glob("*.html"))[1:], ids=lambda path: path.stem)
def test_a_chapter_leads_back_to_terms_of_earlier_chapters(path: Path) -> None:
    """Once each, in running text, and never for a term that the chapter introduces itself."""
    made = r'<a class="reference internal" href="\.\./book/glossary\.html#(term-[\w-]+)"><span class="bp-term'
    linked = re.findall(made, text_of(path))
    assert linked
    assert len(linked) == len(set(linked))
    own = {terms.nodes.make_id(f"term-{t}") for t, anchor in terms.introduced().items() if anchor[2:4] == path.stem[:2]}
    assert not own & set(linked)
