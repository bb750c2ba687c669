"""The paper's table 3 beside what was measured: `python examples/paper/table3.py [FOLDER]`."""

from _show import show

show("table3")
