"""The paper's table 9 beside what was measured: `python examples/paper/table9.py [FOLDER]`."""

from _show import show

show("table9")
