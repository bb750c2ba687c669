"""The paper's table 10 beside what was measured: `python examples/paper/table10.py [FOLDER]`."""

from _show import show

show("table10")
