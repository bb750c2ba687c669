"""The paper's figure 2 beside what was measured: `python examples/paper/figure2.py [FOLDER]`."""

from _show import show

show("figure2")
