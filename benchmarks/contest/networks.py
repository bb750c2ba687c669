"""Equivariant against plain: networks of one size with the same losses, steps or seconds equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from protocol import EQUAL, TRACKS
from speed import COMPARED, RESULT, equal_seconds
from table_lines import head_lines, table_line

from pyg_energyloss.files import read_json
from pyg_energyloss.report.numbers import MISSING, mean_sd

#: Steps of the plain network.
STEPS = 4000
#: Metric, head, digits.
SHOWN = (
    ("bond_mae", "bonds Å", 3),
    ("distance_mae", "D-MAE Å", 3),
    ("rmsd", "RMSD Å", 3),
    ("lddt", "lDDT %", 1),
    ("acceptable", "acceptable %", 1),
)


def networks(
    tables: Sequence[Mapping[str, Any]], table: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The runs that are compared, from the contest's tables; a run that is missing is None."""
    found = {(of["track"], of["steps"]): of["rows"] for of in tables}
    parameters = {row["track"]: row["parameters"] for row in table}
    kinds = {
        "parameters and steps": dict.fromkeys(COMPARED, STEPS),
        "seconds": {track: equal_seconds(track, STEPS) for track in COMPARED},
    }
    return {
        "step_ms": read_json(RESULT)["step_ms"],
        "parameters": {track: parameters.get(track) for track in COMPARED},
        "equal": {
            kind: [
                {
                    "track": track,
                    "steps": steps,
                    "entry": who.name,
                    "row": next(
                        (r for r in found.get((track, steps), ()) if r["entry"] == who.name), None
                    ),
                }
                for who in EQUAL
                for track, steps in steps_of.items()
            ]
            for kind, steps_of in kinds.items()
        },
    }


def network_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """A table at equal parameters and steps, and one at equal seconds."""
    about = document["networks"]
    for kind, runs in about["equal"].items():
        yield from ("", f"**Equal {kind}**", "")
        heads = ["loss", "network", "parameters", "steps", "seconds", "seeds"]
        yield from head_lines([*heads, *(head for _, head, _ in SHOWN)])
        for run in runs:
            track, row = run["track"], run["row"]
            size = about["parameters"][track]
            yield table_line(
                [
                    f"`{run['entry']}`",
                    TRACKS[track].about.split(",")[0],
                    MISSING if size is None else f"{size:,}".replace(",", " "),
                    str(run["steps"]),
                    f"{run['steps'] * about['step_ms'][track] / 1000:.0f}",
                    str(len(row["seeds"])) if row else "0",
                    *(mean_sd(row["values"][m], n) if row else MISSING for m, _, n in SHOWN),
                ]
            )
