"""The paper's table 12 beside what was measured: `python examples/paper/table12.py [FOLDER]`."""

from _show import show

show("table12")
