"""``energyloss export``: a data set in the files that another program reads."""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.launch import dataset_of
from pyg_energyloss.cli.values import folder, positive

DESCRIPTION = """\
Write a data set as the files that a program reads, so that it trains on your molecules without a
download. The folder is written whole or not at all. The hosts, and what the folder is to them:

"""

EPILOG = """\
examples:
  energyloss export --host edm qm9_small data/edm           the molecules that come with us
  energyloss export --host etflow molecules.sdf data/etflow --limit 1000
  energyloss hosts edm                                      the line that switches our loss on

Bonds are those of the file (SDF), else told by the distances (xyz). All but EDM get molecules of
RDKit: pip install 'pyg-energyloss[chem]'; those with a wrong valence are left out."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss export``."""
    from pyg_energyloss.hosts.export import HOSTS

    lines = "".join(f"  {name:11s}{what}\n" for name, what in HOSTS.items())
    parser.description, parser.epilog = DESCRIPTION + lines, EPILOG
    parser.add_argument("--host", required=True, choices=HOSTS, help="the program")
    parser.add_argument(
        "dataset", metavar="DATA", help="a registered data set, or a file or folder of structures"
    )
    parser.add_argument("out", metavar="DIR", type=folder, help="a new or an empty folder")
    parser.add_argument(
        "--dataset-arg", action="append", default=[], metavar="KEY=VALUE", help="may be repeated"
    )
    parser.add_argument(
        "--limit", type=positive, help="at most so many molecules a split (default: all)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the files, and say what the host is to be told.

    Raises:
        UserError: the folder holds something.
    """
    from pyg_energyloss.hosts.export import HOSTS, export_for

    with whole_folder(options.out) as beside:
        splits = read_splits(options)
        written = export_for(options.host, splits, beside)
    molecules = ", ".join(f"{len(split)} {name}" for name, split in splits.items())
    print(f"wrote {len(written)} files to {options.out} from molecules: {molecules}")
    print(f"for {options.host}, {options.out} is: {HOSTS[options.host]}")
    print(f"the loss: energyloss hosts {options.host}")
    return 0


def read_splits(options: argparse.Namespace) -> dict[str, list[Any]]:
    """Up to ``--limit`` molecules of each split."""
    from pyg_energyloss.experiments.data import load_splits

    with tempfile.TemporaryDirectory() as packed:
        chosen = argparse.Namespace(**{**vars(options), "out": Path(packed)})
        found = load_splits(*dataset_of(chosen))
    return {
        name: [split[row] for row in range(min(len(split), options.limit or len(split)))]
        for name, split in found.items()
    }


@contextlib.contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder to write in, which becomes ``target`` at the end, or nothing after an error.

    Raises:
        UserError: ``target`` is a file, or a folder that holds something.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"DIR must be a new or an empty folder, got {target}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as beside:
        made = Path(beside) / "whole"
        made.mkdir()
        yield made
        if target.exists():
            target.rmdir()
        made.rename(target)
