"""`python -m benchmarks.grading`: how many submissions a second are graded, and how that grows with workers.

A class is simulated: a few real submissions (a right one, wrong ones, one that is half done, one with a loop that never
ends in every hundred) in turns, each graded for real: sandbox, judge and files. Measured are a long run at the
machine's own number of jobs, and shorter ones at 1, 2, … jobs in turns (A/B/A/B …). The load that others
put on the machine is told beside the numbers.
"""

import argparse
import datetime
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME = "03_worked_example"
SAMPLES = ROOT / "tests" / "grading" / "samples"
TEMPLATES = ["right", "wrong_signs", "partly_right", "right_in_another_style", "wrong_lost_factors", "wrong_too_soon"]
RARE = "hostile_endless_loop"


def simulated(folder, students):
    """A flat folder of submissions."""
    folder.mkdir(parents=True)
    for n in range(students):
        template = RARE if n % 100 == 99 else TEMPLATES[n % len(TEMPLATES)]
        source = SAMPLES / template / NAME / f"{NAME}.ipynb"
        (folder / f"student{n:05}_{NAME}.ipynb").write_bytes(source.read_bytes())
    return folder


def graded(submitted, out, students, *more):
    """Grade a class and return its seconds."""
    command = [sys.executable, "-m", "bpgrade", "run", str(submitted), "--assignment", NAME, "--out", str(out)]
    start = time.perf_counter()
    done = subprocess.run([*command, "--seed", "1", *more], cwd=ROOT, capture_output=True, text=True)
    took = time.perf_counter() - start
    found = len(list((out / NAME).glob("*.json")))
    if done.returncode or found != students:
        raise SystemExit(f"{found} of {students} were graded: {done.stderr[-500:]}")
    return took


def growth(folder, students, jobs, rounds):
    """Submissions a second for each number of jobs: the median of the rounds. A run's fixed start is taken off."""
    rates = {n: [] for n in jobs}
    small, large = simulated(folder / "small", 1), simulated(folder / "large", students)
    for k in range(rounds):
        for n in jobs:
            begun = graded(small, folder / f"s{n}-{k}", 1, "--jobs", str(n))
            took = graded(large, folder / f"l{n}-{k}", students, "--jobs", str(n))
            rates[n].append((students - 1) / (took - begun))
    return {n: statistics.median(one) for n, one in rates.items()}


def table(students, jobs, took, rates, load):
    """The section of README.md."""
    first = min(rates)
    lines = [
        f"{datetime.date.today()}, {platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"load {load} while measured, CPython {platform.python_version()}.",
        "",
        f"{students} submissions with one seed and {jobs} jobs: {took:.0f} s, "
        f"{students / took:.2f} a second; {jobs * took / students:.2f} s of a core a submission (asked: at most 3 s).",
        "",
        "| jobs | submissions a second | growth | linear would be |",
        "|---|---|---|---|",
    ]
    for n, rate in rates.items():
        lines.append(f"| {n} | {rate:.2f} | {rate / rates[first]:.2f} | {n / first:g} |")
    return "\n".join(lines)


def main():
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--students", type=int, default=2000)
    given.add_argument("--growth-students", type=int, default=40)
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    given.add_argument("--class-jobs", type=int, default=os.cpu_count(), help="jobs of the long run")
    given.add_argument("--write", action="store_true", help="put the table into README.md")
    given = given.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        rates = growth(folder, given.growth_students, given.jobs, given.rounds)
        took = graded(
            simulated(folder / "class", given.students), folder / "out", given.students, "--jobs", str(given.class_jobs)
        )
    text = table(given.students, given.class_jobs, took, rates, f"{before:.1f} before, {os.getloadavg()[1]:.1f}")
    print(text)
    if given.write:
        path = Path(__file__).with_name("README.md")
        whole = re.sub(
            r"(<!-- grading: begin -->\n).*?(<!-- grading: end -->)",
            lambda found: f"{found[1]}{text}\n{found[2]}",
            path.read_text("utf-8"),
            flags=re.DOTALL,
        )
        path.write_text(whole, "utf-8")


if __name__ == "__main__":
    main()
