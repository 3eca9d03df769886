"""What a gradient costs against the number of inputs: `python -m benchmarks.cost_curve [--write]`.

Chapter 01 counts runs and multiplications; here is the time, on this machine, of the neuron with n weights that looks
at 256 pictures: by nudging (NumPy), forward mode (`Dual` on arrays) and reverse mode (`Tensor`), and of the backward
and the forward pass of three nets. Times are processor time, on one thread; the median of the rounds counts. With
`--write` the section of `benchmarks/README.md` between this script's markers is replaced.
"""

import argparse
import datetime
import os
import platform
import statistics
import sys
import time
from math import e
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np

from bplib.dual import Dual
from bplib.functional import linear_relu
from bplib.matrix import Tensor

README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- cost curve: begin -->", "<!-- cost curve: end -->"
SIZES = (10, 100, 1000, 2500)
NETS = {"784-128-10": [784, 128, 10], "784-512-256-10": [784, 512, 256, 10], "50 layers of 64": [64] * 51}


def seconds(job):
    """Processor time of one call."""
    start = time.process_time()
    job()
    return time.process_time() - start


def neuron(W, X, y):
    """The mean over the pictures of ½(ŷ − y)²; W is an array, a Dual or a Tensor of shape (1, n)."""
    yhat = 1 / (1 + e ** -(X @ W.T))
    return (0.5 * (yhat - y) ** 2).mean()


def gradients(n, rng):
    """Seconds of one gradient by nudging, forward mode and reverse mode."""
    X, y, W = rng.uniform(0, 1, (256, n)), rng.integers(0, 2, (256, 1)) * 1.0, rng.normal(0, 1 / n, (1, n))
    XT, yT, directions = Tensor(X), Tensor(y), np.eye(n)

    def nudging():
        start = neuron(W, X, y)
        return [(neuron(W + 1e-6 * v, X, y) - start) / 1e-6 for v in directions]

    def forward():
        return [neuron(Dual(W, v[None]), X, y).tangent for v in directions]

    def reverse():
        leaf = Tensor(W, requires_grad=True)
        neuron(leaf, XT, yT).backward()
        return leaf.grad

    again = 20
    return seconds(nudging), seconds(forward), seconds(lambda: [reverse() for _ in range(again)]) / again


def passes(sizes, rng, batch=128, again=10):
    """Seconds of the forward and of the backward pass of a net."""
    shapes = zip(sizes[1:], sizes[:-1], strict=True)
    Ws = [Tensor(rng.normal(0, (2 / shape[1]) ** 0.5, shape), requires_grad=True) for shape in shapes]
    X, there, back = Tensor(rng.normal(0, 1, (batch, sizes[0]))), 0.0, 0.0
    for _ in range(again):
        start = time.process_time()
        A = X
        for W in Ws:
            A = linear_relu(A, W)
        loss = (A * A).mean()
        middle = time.process_time()
        loss.backward()
        there, back = there + middle - start, back + time.process_time() - middle
    return there / again, back / again


def spread(values, digits=3):
    """Median and quartiles."""
    low, middle, high = (f"{x:.0f}" if x >= 100 else f"{x:.{digits}g}" for x in statistics.quantiles(values, n=4))
    return f"{middle} ({low} to {high})"


def processor():
    """The processor's name, as the machine tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def tables(rounds):
    """Both tables, as Markdown."""
    rng = np.random.default_rng(0)
    gradients(10, rng), passes([64, 64], rng)  # once before any time counts
    load = f"; load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    lines = [
        f"{datetime.date.today()}, {processor()} (one core{load}), {platform.system()}, CPython "
        f"{platform.python_version()}, numpy {np.__version__}. {rounds} rounds; processor time, median (quartiles).",
        "",
        "| weights n | nudging, ms | forward mode, ms | reverse mode, ms | nudging ÷ reverse | forward ÷ reverse |",
        "|---|---|---|---|---|---|",
    ]
    for n in SIZES:
        measured = [gradients(n, rng) for _ in range(rounds)]
        columns = [spread([1000 * row[i] for row in measured]) for i in range(3)]
        columns += [spread([row[i] / row[2] for row in measured]) for i in range(2)]
        lines.append(f"| {n} | {' | '.join(columns)} |")
    lines += ["", "| net, batch 128 | forward, ms | backward, ms | ratio | counted |", "|---|---|---|---|---|"]
    for name, sizes in NETS.items():
        measured = [passes(sizes, rng) for _ in range(3 * rounds)]
        columns = [spread([1000 * row[i] for row in measured]) for i in range(2)]
        columns.append(spread([back / there for there, back in measured]))
        weights = [a * b for a, b in zip(sizes[1:], sizes[:-1], strict=True)]
        lines.append(f"| {name} | {' | '.join(columns)} | {2 - weights[0] / sum(weights):.2f} |")
    return "\n".join(lines)


def main(arguments):
    """Measure, print, and with --write replace the section in README.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="replace the section in benchmarks/README.md")
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args(arguments)
    text = tables(asked.rounds)
    print(text)
    if asked.write:
        page = README.read_text("utf-8")
        before, _, rest = page.partition(BEGIN)
        README.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
