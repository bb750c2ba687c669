"""``energyloss edges``: what edge samplers give for a file or a data set."""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pyg_energyloss import data, registry
from pyg_energyloss.cli.edges.document import edges_document
from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.cli.values import comma_list, key_values, positive
from pyg_energyloss.files import write_json
from pyg_energyloss.report import print_document, write_report
from pyg_energyloss.samplers.crystals.survey import Points, spectra, survey

#: Up to this many atoms the whole Hessian spectrum is drawn.
SPECTRUM_ATOMS = 400

EPILOG = """\
examples:
  energyloss edges druglike                        the default sampler on 20 molecules
  energyloss edges druglike --sampler backbone,k_regular,knn --complete-below 0 --out edges
  energyloss edges protein.pdb --sampler backbone  extxyz, SDF, PDB, mmCIF, npz, ...
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss edges``."""
    parser.description = (
        "Draw sparse edges and say how many they are, what they guarantee and how stiff they are."
    )
    parser.epilog = EPILOG
    parser.add_argument("source", help="name of a data set, or a structure file")
    parser.add_argument(
        "--sampler", type=comma_list, default=["backbone"], help="one or more, by commas"
    )
    parser.add_argument(
        "--option", action="append", default=[], metavar="KEY=VALUE", help="of every sampler"
    )
    parser.add_argument(
        "--complete-below", type=int, default=64, help="all pairs up to this size (backbone)"
    )
    parser.add_argument("--limit", type=positive, default=20, help="structures, evenly spread")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder for edges.json, report.html and plots")
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the table, or the full report of a single structure."""
    structures = read_structures(options.source, options.limit)
    shared = {**key_values(options.option), "complete_below": options.complete_below}
    samplers = {name: make_sampler(name, shared) for name in options.sampler}
    found = survey(list(structures.values()), samplers, seed=options.seed)
    values = {
        "source": options.source,
        "seed": options.seed,
        "structures": list(structures),
        "samplers": {n: [r.as_dict() for r in reports] for n, reports in found.items()},
    }
    small = {n: p for n, p in structures.items() if 1 < len(p.pos) <= SPECTRUM_ATOMS}
    drawn = max(small, key=lambda n: len(small[n].pos), default="")
    document = edges_document(
        options.source,
        found,
        settings={"samplers": options.sampler, "seed": options.seed, **shared},
        spectra=spectra(small[drawn], samplers, seed=options.seed)
        if drawn and options.out is not None
        else {},
        largest=f"{drawn}: {len(small[drawn].pos)} atoms" if drawn else "",
    )
    if options.json:
        print(json.dumps(values, indent=2))
    elif len(structures) == 1:
        for name, reports in found.items():
            print(f"{name}: {samplers[name]!r}\n{reports[0]}\n")
    else:
        print_document(document)
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        # Standard output may be the JSON document itself.
        for name, content in (("edges.json", values), ("results.json", document)):
            print(f"wrote {write_json(options.out / name, content)}", file=sys.stderr)
        print(f"wrote {write_report(document, options.out)}", file=sys.stderr)
    return 0


def read_structures(source: str, limit: int) -> dict[str, Points]:
    """Up to ``limit`` structures of a data set or a file, evenly spread, by name.

    Raises:
        UserError: neither a data set nor a file.
        ValueError: a structure is broken or periodic, or there is none; the message tells which.
    """
    if source in registry.names("dataset"):
        splits = data.as_splits(registry.create("dataset", source), name=source)
        places = [(split, row) for split in splits.values() for row in range(len(split))]
        items = {n: places[n][0][places[n][1]] for n in _spread(len(places), limit)}
        return {
            f"{source} {n}": Points(item.pos.double().numpy(), item.edge_index.numpy())
            for n, item in items.items()
        }
    if not Path(source).expanduser().exists():
        raise UserError(
            f"{source!r} is neither a file nor a data set; data sets: "
            f"{', '.join(registry.names('dataset'))}"
        )
    found = [s.checked() for s in data.read_structures(source)]
    chosen = [found[n] for n in _spread(len(found), limit)]
    return {s.name: Points(s.pos, s.both_directions()) for s in chosen}


def _spread(count: int, limit: int) -> list[int]:
    return [int(n) for n in np.linspace(0, count - 1, min(count, limit))]


def make_sampler(name: str, options: dict[str, Any]) -> Any:
    """A sampler by name with those of the options that it knows.

    Raises:
        UserError: no sampler option has one of the names.
    """
    factory = registry.get("sampler", name)
    known = inspect.signature(factory).parameters
    unknown = [k for k in options if k not in known and k != "complete_below"]
    if unknown:
        raise UserError(
            f"the sampler {name!r} has no option {unknown[0]!r}; it has {', '.join(known)}"
        )
    return factory(**{k: v for k, v in options.items() if k in known})
