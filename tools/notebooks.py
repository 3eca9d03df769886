"""Execute notebooks in place and keep of their outputs what is text: `python tools/notebooks.py NOTEBOOK...`

Committed notebooks keep their printed text, which the tests compare strictly, and no images, HTML, widget state or
timings. An intended exception is caught and printed by its cell, so a stored error is always a defect.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert.preprocessors.coalescestreams import CoalesceStreamsPreprocessor

TEXT = {"text/plain", "text/markdown", "text/latex", "application/papermill.record/text/plain"}


def keep_text(notebook: nbformat.NotebookNode) -> None:
    """Drop from `notebook` every stored output that is not text, and the traces of who ran it when and how fast."""
    CoalesceStreamsPreprocessor().preprocess(notebook, {})  # a busy kernel cuts a print into pieces anywhere
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if "data" in output:
                output["data"] = {kind: text for kind, text in output["data"].items() if kind in TEXT}
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            **{key: notebook.metadata[key] for key in ("mystnb",) if key in notebook.metadata},
        }
    )


def refresh(path: Path) -> str:
    """Execute the notebook at `path`, store its text outputs there, and return an error line or nothing.

    Where a cell fails the file stays as it was.
    """
    notebook = nbformat.read(path, as_version=4)
    try:
        NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": path.parent}}
        ).execute()
    except CellExecutionError as error:
        return f"{path}: a cell failed, the file is unchanged: {str(error).strip().splitlines()[-1]}"
    keep_text(notebook)
    nbformat.write(notebook, path)
    return ""


def main(arguments: list[str]) -> int:
    """Refresh the named notebooks, or every chapter and solution where none is named."""
    paths = [Path(name) for name in arguments] or sorted(
        [*Path("chapters").glob("*.ipynb"), *Path("solutions").glob("*/*.ipynb")]
    )
    failures = 0
    for path in paths:
        problem = refresh(path)
        failures += bool(problem)
        print(problem or f"executed {path}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
