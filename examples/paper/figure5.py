"""The paper's figure 5 beside what was measured: `python examples/paper/figure5.py [FOLDER]`."""

from _show import show

show("figure5")
