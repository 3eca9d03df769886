"""What a reader takes from a page: the notebook, its PDF, places to run it, and a way to say what is wrong.

The notebook is the committed file, copied beside the page, so its link works from the disk. Links that leave the book
(Colab, Binder, JupyterHub, edit, report) appear only where `repository.url` in _config.yml says where the book is kept;
the theme makes their addresses, and here they become plain links that need no script.
"""

import re
import shutil
from html import escape
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

PLACE = "<!--pdf-->"  # tools/pdf.py puts its link here
WORDS = {
    "Binder": "Run on Binder",
    "Colab": "Run on Colab",
    "JupyterHub": "Run on JupyterHub",
    "Suggest edit": "Suggest an edit",
    "Open issue": "Report a mistake",
}


def settle(app: Sphinx, config: Config) -> None:
    """Hand the theme what _config.yml says of repository and services, if it names a repository, and nothing if not.

    Jupyter Book would hand it on itself, but for the theme's options that the book sets in the place of its own.
    """
    stated = yaml.safe_load((Path(app.srcdir) / "_config.yml").read_text("utf-8"))
    repository = stated.get("repository") or {}
    options = config.html_theme_options
    options["launch_buttons"] = {}
    if repository.get("url"):
        options.update(use_edit_page_button=True, use_issues_button=True, launch_buttons=stated["launch_buttons"])
        options.update(repository_url=repository["url"], repository_branch=repository.get("branch") or "main")


def taken(context: dict[str, Any]) -> dict[str, str]:
    """The links that the theme made, taken out of its bar, where a menu needs a script to open: address by name."""
    buttons = [inner for button in context["header_buttons"] for inner in button.get("buttons", [button])]
    context["header_buttons"] = []
    return {button["text"]: button["url"] for button in buttons if button["type"] == "link"}


def offer(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Write the links below the page's title, and at its end those to say what is wrong."""
    links = taken(context)
    if doctree is None or not context.get("body"):
        return
    outside = {name: f'<a href="{escape(links[name])}">{words}</a>' for name, words in WORDS.items() if name in links}
    at_the_end = [outside.pop(name) for name in ("Open issue", "Suggest edit") if name in outside]
    if Path(app.env.doc2path(page)).suffix == ".ipynb":
        items = [f'<a href="{Path(page).name}.ipynb" download>This chapter as a notebook</a>', PLACE]
        if exercise := re.search(r'id="(ch\d\d-exercise)"', context["body"]):
            items.append(f'<a href="#{exercise[1]}">The exercise</a>')
        lines = "".join(item if item == PLACE else f"<li>{item}</li>" for item in [*items, *outside.values()])
        top = f'<ul class="bp-page-links">{lines}</ul>'
    else:
        top = PLACE if page == app.config.root_doc else ""
    end = f'<p class="bp-page-links">{" ".join(at_the_end)}</p>' if at_the_end else ""
    context["body"] = context["body"].replace("</h1>", f"</h1>{top}", 1) + end


def copy(app: Sphinx, exception: Exception | None) -> None:
    """Lay each notebook beside its page, as it is committed."""
    if exception or app.builder.name != "html":
        return
    for page in app.env.found_docs:
        source = Path(app.env.doc2path(page))
        if source.suffix == ".ipynb":
            shutil.copyfile(source, Path(app.outdir) / f"{page}.ipynb")


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect before the theme reads its options, and after it and pages.py have made the page."""
    app.connect("config-inited", settle, priority=100)
    app.connect("html-page-context", offer, priority=910)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
