"""Random numbers that a figure's Python and its JavaScript (src/draws.js) draw alike."""

from __future__ import annotations

from typing import Any


class Draws:
    """Numbers from −1 to 1 in an order that the seed fixes: mulberry32, the same in JavaScript."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def number(self) -> float:
        """The next number.

        >>> round(Draws(1).number(), 6)
        0.254148
        """
        full = 0xFFFFFFFF
        self.seed = (self.seed + 0x6D2B79F5) & full
        t = (self.seed ^ self.seed >> 15) * (self.seed | 1) & full
        t ^= t + (t ^ t >> 7) * (t | 61) & full
        return ((t ^ t >> 14) & full) / 2**32 * 2 - 1

    def table(self, rows: int, columns: int, scale: float = 1.0) -> Any:
        """An array of them, row by row, times `scale`."""
        import numpy as np

        return np.array([[scale * self.number() for _ in range(columns)] for _ in range(rows)])
