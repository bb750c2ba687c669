"""The paper's table 1 beside what was measured: `python examples/paper/table1.py [FOLDER]`."""

from _show import show

show("table1")
