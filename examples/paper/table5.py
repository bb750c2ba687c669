"""The paper's table 5 beside what was measured: `python examples/paper/table5.py [FOLDER]`."""

from _show import show

show("table5")
