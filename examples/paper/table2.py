"""The paper's table 2 beside what was measured: `python examples/paper/table2.py [FOLDER]`."""

from _show import show

show("table2")
