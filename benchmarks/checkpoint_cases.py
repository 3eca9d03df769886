"""Checkpointing against keeping every activation: 64 layers of 128 in 8 segments, float64, forward and backward.

The time is that of a step with `nn.checkpoint` as a multiple of a plain one's. The memory is the peak of a step, less
the gradients of the weights, which both need.
"""

import tracemalloc

from benchmarks.case import Case, Engine, Fact

LAYERS, WIDTH, BATCH = 64, 128, 512


def step_of(checkpointed):
    """A function that runs forward and backward once and returns the loss; with its net."""
    import numpy as np

    from bplib import functional as F
    from bplib import nn
    from bplib.matrix import Tensor

    rng = np.random.default_rng(0)
    pairs = [(nn.Linear(WIDTH, WIDTH, rng=rng, init=nn.init.he), nn.ReLU()) for _ in range(LAYERS)]
    net = nn.Sequential(*(nn.Sequential(*pair) for pair in pairs))
    x, y = rng.standard_normal((BATCH, WIDTH)), np.zeros((BATCH, WIDTH))

    def step(k):
        loss = F.mse(nn.checkpoint(net, Tensor(x)) if checkpointed else net(Tensor(x)), y)
        loss.backward()
        return float(loss.data)

    return step, net


def peak(checkpointed):
    """MiB at the peak of a step, less what was there before it and the weights' gradients."""
    step, net = step_of(checkpointed)
    step(0)
    tracemalloc.start()
    for parameter in net.parameters():
        parameter.grad = None
    before = tracemalloc.get_traced_memory()[0]
    step(0)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (most - before - sum(p.data.nbytes for p in net.parameters())) / 2**20


CASES = [
    Case(
        f"{LAYERS} layers of {WIDTH}, batch {BATCH}, in 8 segments",
        (
            Engine("every activation kept", lambda: step_of(False)[0], ("numpy",)),
            Engine("bplib.nn.checkpoint", lambda: step_of(True)[0], ours=True),
        ),
        targets={"bplib.nn.checkpoint": ("<= 1.35", "<= 1.35")},
        agree=0.0,
    )
]
FACTS = [
    Fact(
        "Peak of a step without the weights' gradients, MiB",
        {"every activation kept": lambda: peak(False), "bplib.nn.checkpoint": lambda: peak(True)},
        "65 % less",
    )
]
