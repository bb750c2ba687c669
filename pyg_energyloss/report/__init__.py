"""Results for people and for programs: tables, plots, the HTML report."""

from pyg_energyloss.report.console import print_table
from pyg_energyloss.report.page import Page

__all__ = ["Page", "print_table"]
