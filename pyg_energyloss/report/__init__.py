"""Results for people and for programs: atomic files, tables, plots, the HTML report."""

from pyg_energyloss.report.console import print_table
from pyg_energyloss.report.files import write_bytes, write_csv, write_json, write_text
from pyg_energyloss.report.page import Page

__all__ = ["Page", "print_table", "write_bytes", "write_csv", "write_json", "write_text"]
