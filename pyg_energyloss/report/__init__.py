"""Tables, plots and the page of a study: plain dictionaries in, files out."""

from pyg_energyloss.report.console import print_document, print_table
from pyg_energyloss.report.page import Page
from pyg_energyloss.report.write import read_document, rebuild, write_report

__all__ = ["Page", "print_document", "print_table", "read_document", "rebuild", "write_report"]
