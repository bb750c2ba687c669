"""The paper's table 11 beside what was measured: `python examples/paper/table11.py [FOLDER]`."""

from _show import show

show("table11")
