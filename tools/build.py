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


def build() -> int:
    """Run the notebooks that changed and write the pages; warnings are errors."""
    print("building the book: notebooks run first, then pages are written", flush=True)
    if subprocess.run([sys.executable, "hatch_build.py"], cwd=ROOT, stdout=subprocess.DEVNULL).returncode:
        print("build: the interactive figures could not be bundled, see above")
        return 1
    for stale in (HTML, ROOT / "_build" / ".doctrees"):  # no page outlives its source; the notebooks' results do
        shutil.rmtree(stale, ignore_errors=True)
    environment = {**os.environ, "PYTHONWARNINGS": "ignore", "JUPYTER_PLATFORM_DIRS": "1"}
    program = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", program, "build", ".", "-W", "-n", "--keep-going", "-q"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    log = ROOT / "_build" / "build.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text(done.stdout, encoding="utf-8")
    if done.returncode:
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).splitlines()
        told = [line for line in said if re.search(r"WARNING: |ERROR: |^[\w.]+ failed, the book|exception: ", line)]
        print("\n".join(dict.fromkeys(told or said[-20:])))
        print(f"build: the book was not built; the whole log is in {log.relative_to(ROOT)}")
    return done.returncode


if __name__ == "__main__":
    status = build()
    if status == 0:
        print(f"built {(HTML / 'index.html').relative_to(ROOT)}", flush=True)
        if "--serve" in sys.argv:
            serve(HTML, int(os.environ.get("PORT", "8000")))
    sys.exit(status)
