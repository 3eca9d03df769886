"""Build the book into `_build/html`; with `--serve`, show it on this machine.

Usage: python tools/build.py [--serve [PORT]]
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from serve import serve

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
STAGES = ("reading sources", "writing output", "dumping search index")


def build() -> int:
    """Run the notebooks that changed and write the pages; warnings are errors."""
    print("building the book: notebooks run first, then pages are written", flush=True)
    if subprocess.run([sys.executable, "hatch_build.py"], cwd=ROOT, stdout=subprocess.DEVNULL).returncode:
        print("build: the interactive figures could not be bundled, see above")
        return 1
    for stale in (HTML, ROOT / "_build" / ".doctrees"):  # no page outlives its source; the notebooks' results do
        shutil.rmtree(stale, ignore_errors=True)
    # Two notebooks run at a time, each with one thread: more threads than cores make small products ten times slower.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "JUPYTER_PLATFORM_DIRS": "1", "OMP_NUM_THREADS": "1"}
    program = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-u", "-c", program, "build", ".", "-W", "-n", "--keep-going"]
    log = ROOT / "_build" / "build.log"
    log.parent.mkdir(exist_ok=True)
    status, said = watch(command, environment)
    log.write_text("\n".join(said), encoding="utf-8")
    if status:
        told = [line for line in said if re.search(r"WARNING: |ERROR: |^[\w.]+ failed, the book|exception: ", line)]
        print("\n".join(dict.fromkeys(told or said[-20:])))
        print(f"build: the book was not built; the whole log is in {log.relative_to(ROOT)}")
    return status


def watch(command: list[str], environment: dict[str, str]) -> tuple[int, list[str]]:
    """Run `command`, say aloud which stage it is at, and return its exit status and all that it said."""
    said, stages = [], iter(STAGES)
    stage = next(stages)
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    for line in process.stdout:
        said.append(re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip())
        if said[-1].startswith("running "):
            print(f"  {said[-1]}", flush=True)
        elif stage and said[-1].startswith(stage):
            print(f"  {stage}", flush=True)
            stage = next(stages, None)
    return process.wait(), said


if __name__ == "__main__":
    status = build()
    if status == 0:
        print(f"built {(HTML / 'index.html').relative_to(ROOT)}", flush=True)
        if "--serve" in sys.argv:
            serve(HTML, int(os.environ.get("PORT", "8000")))
    sys.exit(status)
