"""Drawing: computational graphs as SVG, and Matplotlib figures in the one house style.

`graph` needs the standard library only; `axes` and `show` need Matplotlib when they are called.
"""

from bplib.draw.graph import graph
from bplib.draw.plot import COLOURS, Picture, axes, show

__all__ = ["COLOURS", "Picture", "axes", "graph", "show"]
