"""The paper's table 4 beside what was measured: `python examples/paper/table4.py [FOLDER]`."""

from _show import show

show("table4")
