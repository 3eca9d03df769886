"""Open the exercises in JupyterLab, on copies in `work/` that belong to the student and are never overwritten."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# No pop-up that asks to fetch news, and no look for a newer version: nothing here needs the network.
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def copy_new(released: Path, work: Path) -> list[Path]:
    """Copy into `work` each released file that is not there yet, and return those; what exists stays as it is."""
    new = []
    for source in sorted(p for p in released.rglob("*") if p.is_file() and ".ipynb_checkpoints" not in p.parts):
        target = work / source.relative_to(released)
        if target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        new.append(target)
    return new


def main() -> int:
    """Copy what is new and open JupyterLab in `work/`."""
    work = ROOT / "work"
    for path in copy_new(ROOT / "exercises", work):
        print(f"new in work/: {path.relative_to(work)}")
    print("opening JupyterLab in work/; files that were there stay as they are", flush=True)
    if os.environ.get("LAB_COPY_ONLY"):
        return 0
    settings = Path(sys.prefix, "share", "jupyter", "lab", "settings")
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(json.dumps(QUIET), encoding="utf-8")
    as_root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    # Rooted at the project, so that an exercise can link to its chapter; opened in the student's own folder.
    command = [sys.executable, "-m", "jupyterlab", *as_root, "--LabApp.default_url=/lab/tree/work", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
