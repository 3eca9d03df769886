"""Lighthouse over a page of the built book, served compressed: `python tools/audit.py [PAGE] [RUNS]`

Prints the median of the mobile scores and, below 1, what cost them.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
from pathlib import Path

from serve import bind

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from hatch_build import node  # noqa: E402

FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-background-networking"
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]


def lighthouse(url: str) -> dict:
    """One report on `url`."""
    program = ROOT / "node_modules" / "lighthouse" / "cli" / "index.js"
    command = [node(), str(program), url, "--quiet", "--output=json", f"--chrome-flags={FLAGS}"]
    environment = {**os.environ, "CHROME_PATH": shutil.which("chromium") or ""}
    return json.loads(
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    )


def main(page: str = "chapters/03_worked_example.html", runs: str = "5") -> None:
    """Audit `page` `runs` times and print the medians."""
    if not shutil.which("chromium"):
        sys.exit("audit: chromium is missing; on Debian or Ubuntu: sudo apt install chromium")
    server = bind(ROOT / "_build" / "html", 8300)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    reports = [lighthouse(f"http://127.0.0.1:{server.server_port}/{page}") for _ in range(int(runs))]
    for name in CATEGORIES:
        scores = [report["categories"][name]["score"] for report in reports]
        print(f"{name:15} {statistics.median(scores):.2f}   (runs: {', '.join(f'{s:.2f}' for s in scores)})")
        for reference in reports[0]["categories"][name]["auditRefs"]:
            audit = reports[0]["audits"][reference["id"]]
            if reference["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                print(f"    {audit['score']:.2f} {audit['id']}: {audit.get('displayValue', audit['title'])}")


if __name__ == "__main__":
    main(*sys.argv[1:])
