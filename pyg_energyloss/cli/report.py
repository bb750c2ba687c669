"""``energyloss report``: the table, plots and page of a study, from its results.json alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from pyg_energyloss.cli.errors import UserError


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss report``."""
    parser.description = (
        "Make table, plots and page of a study again from its results.json, on any machine."
    )
    parser.add_argument("folder", type=Path, help="that --out named")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the page and print the table."""
    from pyg_energyloss.report import print_document, read_document, write_report

    if not (options.folder / "results.json").is_file():
        raise UserError(f"no results.json in {options.folder}; name a folder that --out named")
    document = read_document(options.folder)
    page = write_report(document, options.folder)
    print_document(document)
    print(f"\nreport   {page}")
    return 0
