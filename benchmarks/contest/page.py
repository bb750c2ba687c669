"""The tables of docs/contest.md and README, between markers, from results/contest.json."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformer_sets import conformer_lines
from duels import FEWEST
from networks import network_lines
from protocol import SHOWN
from summary import COLUMNS, RESULT
from table_lines import head_lines, table_line
from verdicts import choice, front, judged

from pyg_energyloss.files import read_json, write_text
from pyg_energyloss.report.numbers import fixed, mean_sd

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "contest.md"
README = ROOT / "README.md"
#: The metrics of README's table.
FEW = ("bond_mae", "distance_mae", "rmsd", "lddt", "acceptable")


def write_page() -> None:
    """Write the tables of the page and of README."""
    document = read_json(RESULT)
    fill(PAGE, parts(document))
    fill(README, {"contest": list(shown(document))})


def fill(page: Path, bodies: Mapping[str, Sequence[str]]) -> None:
    """Replace what stands between ``<!-- NAME -->`` and ``<!-- end -->``."""
    text = page.read_text(encoding="utf-8")
    for name, lines in bodies.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        body = "\n".join(lines)
        text, count = re.subn(
            pattern, lambda m, body=body: f"{m[1]}{body}\n{m[2]}", text, flags=re.DOTALL
        )
        if count != 1:
            raise ValueError(f"{page.name} must have the marker <!-- {name} --> once, got {count}")
    write_text(page, text)


def shown(document: Mapping[str, Any]) -> Iterator[str]:
    """README's table: the plain network's longest runs of which every loss has three seeds."""
    whole = [
        (table["steps"], rows)
        for table in document["tables"]
        if table["track"] == "gnn"
        and set(SHOWN) <= set(rows := {row["entry"]: row for row in table["rows"]})
        and min(len(rows[name]["seeds"]) for name in SHOWN) >= FEWEST
    ]
    steps, rows = max(whole, key=lambda found: found[0])
    heads = {metric: (head, digits) for metric, head, _, digits, _ in COLUMNS}
    yield ""
    yield from head_lines([f"loss ({steps} steps)", "what it is", *(heads[m][0] for m in FEW)])
    for name, about in SHOWN.items():
        cells = [f"`{name}`", about]
        for metric in FEW:
            text = mean_sd(rows[name]["values"][metric], heads[metric][1])
            cells.append(f"**{text}**" if metric in rows[name]["best"] else text)
        yield table_line(cells)
    yield ""


def parts(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Marker -> lines."""
    return {
        "trials": list(trials(document)),
        "tables": list(tables(document)) or ["No run of the table is finished yet."],
        "choice": list(choice(document)) or ["No track has three seeds of all common losses yet."],
        "front": list(front(document)) or ["No loss has three seeds yet."],
        "judged": list(judged(document)) or ["No run is judged yet."],
        "networks": list(network_lines(document)),
        "conformers": list(conformer_lines(document)),
        "duels": list(duels(document)) or ["No two losses share three seeds yet."],
        "left": list(left(document)),
        "map": list(design(document)) or ["Not run yet."],
        "made": [made(document)],
    }


def trials(document: Mapping[str, Any]) -> Iterator[str]:
    """One line for each loss: its best trial."""
    head = ("track", "loss", "best rate", "trials", "merit Å", "bonds Å", "D-MAE Å", "RMSD Å")
    yield from head_lines(head)
    for row in document["trials"]:
        numbers = [row[k] for k in ("merit", "bond_mae", "distance_mae", "rmsd")]
        cells = (row["track"], f"`{row['entry']}`", f"{row['rate']:g}", str(row["tried"]))
        yield table_line([*cells, *(fixed(number, 3) for number in numbers)])


def tables(document: Mapping[str, Any]) -> Iterator[str]:
    """A table for each track and number of steps."""
    for table in document["tables"]:
        yield from ("", f"**{table['about']}, {table['steps']} steps**", "")
        yield from head_lines(["loss", "seeds", "rate", *(head for _, head, *_ in COLUMNS)])
        for row in table["rows"]:
            cells = [f"`{row['entry']}`", str(len(row["seeds"])), f"{row['rate']:g}"]
            for metric, _, _, digits, _ in COLUMNS:
                text = mean_sd(row["values"][metric], digits)
                cells.append(f"**{text}**" if metric in row["best"] else text)
            yield table_line(cells)
        if table["missing"]:
            yield from ("", _missing(table["missing"], [row["entry"] for row in table["rows"]]))


def _missing(seeds_of: Mapping[str, Sequence[int]], begun: Sequence[str]) -> str:
    """What a table lacks: single seeds of its losses, and losses of which nothing has run."""
    seeds = [
        f"`{name}` {', '.join(map(str, of))}" for name, of in seeds_of.items() if name in begun
    ]
    losses = [f"`{name}`" for name in seeds_of if name not in begun]
    told = [f"Seeds not finished yet: {'; '.join(seeds)}."] if seeds else []
    return " ".join([*told, *([f"Losses not run yet: {', '.join(losses)}."] if losses else [])])


def duels(document: Mapping[str, Any]) -> Iterator[str]:
    """Each challenger against each rival, at the longest runs that both have three seeds of."""
    for table in document["tables"]:
        if not table["duels"]:
            continue
        yield from ("", f"**{table['about']}, {table['steps']} steps**", "")
        yield from head_lines(["challenger", "rival", "bonds %", "D-MAE %", "RMSD %"])
        for found in table["duels"]:
            cells = [f"{m:+.1f} [{low:+.1f}, {high:+.1f}]" for m, low, high in _differences(found)]
            yield table_line([f"`{found['challenger']}`", f"`{found['rival']}`", *cells])


def _differences(found: Mapping[str, Any]) -> Iterator[Sequence[float]]:
    return (found[metric] for metric in ("bond_mae", "distance_mae", "rmsd"))


def left(document: Mapping[str, Any]) -> Iterator[str]:
    """How much of each stage is finished."""
    yield from head_lines(["stage", "finished", "planned"])
    for name, about in document["stages"].items():
        yield table_line([f"`{name}`", str(about["finished"]), str(about["planned"])])


def design(document: Mapping[str, Any]) -> Iterator[str]:
    """The design space, the best first."""
    if not document["map"]:
        return
    yield from head_lines(
        ["potential", "stiffness", "plus", "merit Å", "bonds Å", "D-MAE Å", "RMSD Å"]
    )
    for row in sorted(document["map"], key=lambda row: row["merit"]):
        numbers = [row[k] for k in ("merit", "bond_mae", "distance_mae", "rmsd")]
        yield table_line([*row["entry"].split(" | "), *(fixed(number, 3) for number in numbers)])


def made(document: Mapping[str, Any]) -> str:
    """Where and when."""
    about = document["environment"]
    return (
        f"{about['processor']}, {about['cores']} cores, one thread a run, {about['date'][:10]}; "
        f"torch {about['versions']['torch']}."
    )
