"""What a family of benchmarks is made of; see the top of `benchmarks/__main__.py`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Engine:
    """One competitor: `make()` imports it, sets everything up and returns the function `step(k)` that is timed.

    `make` may raise ImportError: the competitor is then listed as not installed. `step(k)` returns the loss of step k,
    a float; every engine of a case must return the same, to `Case.agree`. `packages` are named with their versions.
    """

    name: str
    make: Callable[[], Callable[[int], float]]
    packages: tuple[str, ...] = ()
    ours: bool = False


@dataclass(frozen=True)
class Case:
    """One task for several engines. The first engine is the measure of the others.

    `faster`: report how many times faster than the first an engine is (else its time as a multiple of the first's).
    `targets` maps an engine's name to what it should reach with the collector on and off, such as (">= 15", ">= 2.5");
    `collector` says in which of the two states to measure.
    """

    name: str
    engines: tuple[Engine, ...]
    faster: bool = False
    targets: MappingProxyType | dict = field(default_factory=dict)
    collector: tuple[bool, ...] = (True, False)
    agree: float = 1e-9


@dataclass(frozen=True)
class Fact:
    """One number that is no time, such as bytes a node: `engines` maps names to functions that return it."""

    name: str
    engines: dict
    target: str = ""
    digits: int = 4
