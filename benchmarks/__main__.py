"""`python -m benchmarks [family ...]`: our engines beside their peers, all in one run on one core.

Every engine runs in a process of its own (`benchmarks/worker.py`), on one and the same core, with one thread. In a
round each takes its turn (A/B/A/B …), so that a machine that slows down slows all of them; a ratio is formed within a
round, and its median and quartiles over the rounds are what counts. Times are processor time, so that other programs
on the machine disturb little. Each case is measured with Python's garbage collector on and off. Before any time counts,
the engines must agree on the losses of the first three steps.

A family is a module `benchmarks/<family>_cases.py` with `CASES`, a list of `benchmarks.case.Case`, and `FACTS`, a list
of `Fact` (may be empty). To add a peer, add an `Engine` to a case: a name and a function that imports the peer, sets up
and returns `step(k)`. A peer that is not installed is listed as such. Results go to `benchmarks/results/` (a table and
a plot per family); with `--write` the table in `benchmarks/README.md` is replaced too.
"""

import argparse
import datetime
import importlib
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ONE_THREAD = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMEXPR_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1", "JAX_PLATFORMS": "cpu",
    "PYTHONHASHSEED": "0",
}  # fmt: skip


class Process:
    """A worker, its answers, and the times it has measured, round by round."""

    def __init__(self, family, name, engine, mode):
        self.name, self.rounds = engine, []
        command = [sys.executable, "-m", "benchmarks.worker", family, name, engine, mode]
        environment = {**os.environ, **ONE_THREAD}
        self.process = subprocess.Popen(
            command, cwd=HERE.parent, env=environment, stdin=-1, stdout=-1, stderr=-1, text=True
        )

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            said = self.process.stderr.read().strip().splitlines()
            return {"failed": said[-1] if said else f"ended with code {self.process.wait()}"}
        return json.loads(line)

    def turn(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        self.rounds.append(statistics.median(self.answer()["times"]))

    def end(self):
        self.process.communicate()


def measure(family, case, collector, rounds, seconds):
    """Rows (engine, milliseconds, ratios to the first engine or why there are none) of one case."""
    workers, running, notes = [], [], {}
    mode = "on" if collector else "off"
    expected = None
    for engine in case.engines:
        worker = Process(family, case.name, engine.name, mode)
        workers.append(worker)
        said = worker.answer()
        if "ready" not in said:
            notes[engine.name] = (
                f"not installed ({said['absent']})" if "absent" in said else f"failed: {said['failed']}"
            )
            continue
        expected = said["ready"] if expected is None else expected
        gap = max(abs(a - b) / (abs(b) + 1e-300) for a, b in zip(said["ready"], expected, strict=True))
        if not gap <= case.agree:
            notes[engine.name] = f"disagrees: losses {said['ready']} instead of {expected}"
            continue
        running.append(worker)
    for _ in range(rounds):
        for worker in running:
            worker.turn(seconds)
    for worker in workers:
        worker.end()
    rows = []
    for worker in workers:
        if worker not in running:
            rows.append((worker.name, None, notes[worker.name]))
            continue
        first = running[0].rounds if workers[0] in running else None
        ratios = first and [a / b if case.faster else b / a for a, b in zip(first, worker.rounds, strict=True)]
        rows.append((worker.name, [1000 * t for t in worker.rounds], ratios))
    return rows


def fact_row(family, fact):
    """What each engine says of a fact."""
    said = {}
    for engine in fact.engines:
        worker = Process(family, fact.name, engine, "fact")
        answer = worker.answer()
        worker.end()
        said[engine] = answer.get("value", "not installed" if "absent" in answer else "failed")
    return said


def spread(numbers):
    """Median and quartiles."""
    low, middle, high = statistics.quantiles(numbers, n=4) if len(numbers) > 1 else numbers * 3
    say = lambda x: f"{x:.3g}" if x < 1000 else f"{x:.0f}"
    return f"{say(middle)} ({say(low)} to {say(high)})"


def reached(ratios, target):
    """Whether the median reaches a target such as ">= 15"."""
    relation, bound = target.split()
    middle = statistics.median(ratios)
    return middle >= float(bound) if relation == ">=" else middle <= float(bound)


def table(family, module, rounds, seconds):
    """The Markdown table of a family, and its rows for the plot."""
    lines, drawn = [], []
    for case in module.CASES:
        measure_of = "times faster" if case.faster else "time as a multiple"
        lines += [f"\n**{case.name}** ({measure_of}, against {case.engines[0].name})\n"]
        lines += ["| engine | collector | ms a step, median (quartiles) | ratio | target |", "|---|---|---|---|---|"]
        for collector in case.collector:
            for name, times, ratios in measure(family, case, collector, rounds, seconds):
                state = "on" if collector else "off"
                if times is None or ratios is None:
                    lines.append(f"| {name} | {state} | {ratios if times is None else spread(times)} | | |")
                    continue
                target = case.targets.get(name, ("", ""))[0 if collector else 1]
                verdict = target and f"{target}: {'reached' if reached(ratios, target) else '**missed**'}"
                lines.append(f"| {name} | {state} | {spread(times)} | {spread(ratios)} | {verdict} |")
                drawn.append((f"{case.name}: {name}, collector {state}", times))
                print(lines[-1], file=sys.stderr)
    for fact in module.FACTS:
        said = "; ".join(f"{name} {value if isinstance(value, str) else f'{value:.{fact.digits}g}'}"
                         for name, value in fact_row(family, fact).items())  # fmt: skip
        lines.append(f"\n{fact.name}: {said}." + (f" Target: {fact.target}." if fact.target else ""))
    return "\n".join(lines).strip(), drawn


def machine(module, rounds, seconds):
    """What was measured on, with what, and when."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        names = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                 if line.startswith("model name")]  # fmt: skip
        cpu = names[0] if names else cpu
    packages = sorted({p for case in module.CASES for engine in case.engines for p in engine.packages})
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return (
        f"{datetime.date.today()}, {cpu} ({os.cpu_count()} cores, one used; load {os.getloadavg()[0]:.1f}), "
        f"{platform.system()}, {platform.python_implementation()} {platform.python_version()}"
        + (f", {', '.join(versions)}" if versions else "")
        + f". {rounds} rounds of {seconds:g} s an engine."
    )


def plot(drawn, path):
    """The times as bars from quartile to quartile, on a log axis."""
    try:
        import matplotlib

        matplotlib.use("svg")
        import matplotlib.pyplot as plt
    except ImportError:
        return "no plot: matplotlib is not installed"
    figure, axis = plt.subplots(figsize=(7, 0.5 + 0.32 * len(drawn)), layout="constrained")
    for place, (_, times) in enumerate(drawn):
        low, middle, high = statistics.quantiles(times, n=4) if len(times) > 1 else times * 3
        axis.plot([low, high], [place, place], color="#0072b2", linewidth=3)
        axis.plot(middle, place, "o", color="#0072b2")
    axis.set_yticks(range(len(drawn)), [label for label, _ in drawn], fontsize=9)
    axis.set(xscale="log", xlabel="milliseconds a step (dot: median, line: quartiles)")
    axis.invert_yaxis()
    axis.grid(axis="x", alpha=0.3)
    figure.savefig(path)
    return f"plot: {path.relative_to(HERE.parent)}"


def main():
    known = sorted(path.name.removesuffix("_cases.py") for path in HERE.glob("*_cases.py"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*", metavar="family", help=f"which to run: {', '.join(known)} (all)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.0, help="how long an engine's turn takes")
    parser.add_argument("--write", action="store_true", help="replace the tables in benchmarks/README.md")
    options = parser.parse_args()
    if unknown := set(options.families) - set(known):
        parser.error(f"no family {', '.join(sorted(unknown))}; expected {', '.join(known)}")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the workers inherit it
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    for family in options.families or known:
        module = importlib.import_module(f"benchmarks.{family}_cases")
        where = machine(module, options.rounds, options.seconds)
        text, drawn = table(family, module, options.rounds, options.seconds)
        text = f"{where}\n\n{text}\n"
        (results / f"{family}.md").write_text(text, "utf-8")
        print(f"\n## {family}\n\n{text}\n{plot(drawn, results / f'{family}.svg')}")
        if options.write:
            readme, begin, end = HERE / "README.md", f"<!-- {family}: begin -->", f"<!-- {family}: end -->"
            before, _, rest = readme.read_text("utf-8").partition(begin)
            _, _, after = rest.partition(end)
            readme.write_text(f"{before}{begin}\n{text}{end}{after}", "utf-8")


if __name__ == "__main__":
    main()
