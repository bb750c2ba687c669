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
    from pyg_energyloss.report import rebuild

    if not (options.folder / "results.json").is_file():
        raise UserError(f"no results.json in {options.folder}; name a folder that --out named")
    print(f"report   {rebuild(options.folder)}")
    return 0
