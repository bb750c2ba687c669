"""The paper's table 8 beside what was measured: `python examples/paper/table8.py [FOLDER]`."""

from _show import show

show("table8")
