"""``energyloss paper``: the paper's figures and tables beside what was measured here."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.launch import TRAINING, need_extras
from pyg_energyloss.paper import EXHIBITS, Exhibit, build, write
from pyg_energyloss.paper.catalogue import module_of

EPILOG = """\
examples:
  energyloss paper                          list all, and what holds
  energyloss paper table5                   one table: published beside measured
  energyloss paper all --out paper          all of them as JSON, Markdown and pictures
  energyloss paper figure3 --measure --out mine     train again, minutes
  energyloss paper table2 --json            for programs

The figures shown come with the package (benchmarks/results in a checkout), with machine, date and
seeds. Published and measured values stand in columns of their own; what was not measured says so.
A statement holds, or is contradicted, where a test over seeds has p < 0.05; else it is undecided,
of one seed, or not measured. An exhibit holds where all statements do, partly where some do.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss paper``."""
    parser.description = "Show figures and tables of arXiv 2511.02087 beside our own."
    parser.epilog = EPILOG
    parser.add_argument("name", nargs="?", help="figure2, table5, ..., or all; without: the list")
    parser.add_argument("--measure", action="store_true", help="run it again into --out, then stop")
    parser.add_argument("--out", type=Path, help="folder for NAME.json, NAME.md, NAME.png")
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """List the exhibits, show some, or measure one again."""
    if options.name not in {None, "all", *EXHIBITS}:
        raise UserError(f"there is no {options.name!r}; choose from all, {', '.join(EXHIBITS)}")
    if options.measure:
        return _measure(options.name, options.out)
    need_extras("paper --out", {"train": [] if options.out is None else ["matplotlib"]})
    names = [options.name] if options.name in EXHIBITS else list(EXHIBITS)
    exhibits = [build(name) for name in names]
    if options.json:
        print(json.dumps([exhibit.to_dict() for exhibit in exhibits], indent=1))
    elif options.name is None:
        _list(exhibits)
    else:
        for exhibit in exhibits:
            _show(exhibit)
    if options.out is not None:
        paths = [path for exhibit in exhibits for path in write(exhibit, options.out)]
        if not options.json:
            print(f"{len(paths)} files in {options.out}")
    return 0


def _measure(name: str | None, out: Path | None) -> int:
    if name not in EXHIBITS or out is None:
        raise UserError("--measure needs one figure or table and --out FOLDER")
    measure = getattr(module_of(name), "measure", None)
    if measure is None:
        raise UserError(f"{name} is measured by another command: {build(name).command}")
    need_extras("paper --measure", {"train": TRAINING})
    print(f"measured: {measure(out)}")
    return 0


def _list(exhibits: list[Exhibit]) -> None:
    from pyg_energyloss.report import print_table

    rows = [[e.name, e.verdict, e.title] for e in exhibits]
    print_table("arXiv 2511.02087, and what holds here", ["", "trends", "what"], rows)
    print("`energyloss paper NAME` shows one, `energyloss paper all --out DIR` writes all.")


def _show(exhibit: Exhibit) -> None:
    from pyg_energyloss.report import print_table

    print_table(f"{exhibit.name}: {exhibit.title}", exhibit.heads(), exhibit.cells())
    print(f"paper: {exhibit.published_setting}")
    print(f"here:  {exhibit.measured_setting or 'not measured'}")
    for trend in exhibit.trends:
        print(f"  {trend}")
    for note in exhibit.notes:
        print(f"  {note}")
    print(f"{'again' if exhibit.measured_setting else 'by'}: {exhibit.command}\n")
