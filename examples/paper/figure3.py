"""The paper's figure 3 beside what was measured: `python examples/paper/figure3.py [FOLDER]`."""

from _show import show

show("figure3")
