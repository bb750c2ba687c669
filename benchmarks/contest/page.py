"""The tables of docs/contest.md and README, between markers, from results/contest.json."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from duels import FEWEST
from protocol import SHOWN
from summary import COLUMNS, RESULT

from pyg_energyloss.files import read_json, write_text
from pyg_energyloss.report.numbers import MISSING, fixed, mean_sd

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
    yield from _head([f"loss ({steps} steps)", "what it is", *(heads[m][0] for m in FEW)])
    for name, about in SHOWN.items():
        cells = [f"`{name}`", about]
        for metric in FEW:
            text = mean_sd(rows[name]["values"][metric], heads[metric][1])
            cells.append(f"**{text}**" if metric in rows[name]["best"] else text)
        yield _line(cells)
    yield ""


def parts(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Marker -> lines."""
    return {
        "trials": list(trials(document)),
        "tables": list(tables(document)) or ["No run of the table is finished yet."],
        "duels": list(duels(document)) or ["No two losses share three seeds yet."],
        "left": list(left(document)),
        "map": list(design(document)) or ["Not run yet."],
        "made": [made(document)],
    }


def trials(document: Mapping[str, Any]) -> Iterator[str]:
    """One line for each loss: its best trial."""
    head = ("track", "loss", "best rate", "trials", "merit Å", "bonds Å", "D-MAE Å", "RMSD Å")
    yield from _head(head)
    for row in document["trials"]:
        numbers = [row[k] for k in ("merit", "bond_mae", "distance_mae", "rmsd")]
        cells = (row["track"], f"`{row['entry']}`", f"{row['rate']:g}", str(row["tried"]))
        yield _line([*cells, *(fixed(number, 3) for number in numbers)])


def tables(document: Mapping[str, Any]) -> Iterator[str]:
    """A table for each track and number of steps."""
    for table in document["tables"]:
        yield from ("", f"**{table['about']}, {table['steps']} steps**", "")
        strained = any(row["strain"] for row in table["rows"])
        heads = ["loss", "seeds", "rate", *(head for _, head, *_ in COLUMNS)]
        yield from _head([*heads, *(["xTB eV", "xTB failed"] if strained else [])])
        for row in table["rows"]:
            cells = [f"`{row['entry']}`", str(len(row["seeds"])), f"{row['rate']:g}"]
            for metric, _, _, digits, _ in COLUMNS:
                text = mean_sd(row["values"][metric], digits)
                cells.append(f"**{text}**" if metric in row["best"] else text)
            if strained:
                about = row["strain"] or {"median": None, "failed": MISSING}
                cells += [mean_sd(about["median"], 1), str(about["failed"])]
            yield _line(cells)


def duels(document: Mapping[str, Any]) -> Iterator[str]:
    """Each challenger against each rival, at the longest runs that both have three seeds of."""
    for table in document["tables"]:
        if not table["duels"]:
            continue
        yield from ("", f"**{table['about']}, {table['steps']} steps**", "")
        yield from _head(["challenger", "rival", "bonds %", "D-MAE %", "RMSD %"])
        for found in table["duels"]:
            cells = [f"{m:+.1f} [{low:+.1f}, {high:+.1f}]" for m, low, high in _differences(found)]
            yield _line([f"`{found['challenger']}`", f"`{found['rival']}`", *cells])


def _differences(found: Mapping[str, Any]) -> Iterator[Sequence[float]]:
    return (found[metric] for metric in ("bond_mae", "distance_mae", "rmsd"))


def left(document: Mapping[str, Any]) -> Iterator[str]:
    """How much of each stage is finished."""
    yield from _head(["stage", "finished", "planned"])
    for name, about in document["stages"].items():
        yield _line([f"`{name}`", str(about["finished"]), str(about["planned"])])


def design(document: Mapping[str, Any]) -> Iterator[str]:
    """The design space, the best first."""
    if not document["map"]:
        return
    yield from _head(["potential", "stiffness", "plus", "merit Å", "bonds Å", "D-MAE Å", "RMSD Å"])
    for row in sorted(document["map"], key=lambda row: row["merit"]):
        numbers = [row[k] for k in ("merit", "bond_mae", "distance_mae", "rmsd")]
        yield _line([*row["entry"].split(" | "), *(fixed(number, 3) for number in numbers)])


def made(document: Mapping[str, Any]) -> str:
    """Where and when."""
    about = document["environment"]
    return (
        f"{about['processor']}, {about['cores']} cores, one thread a run, {about['date'][:10]}; "
        f"torch {about['versions']['torch']}."
    )


def _head(cells: Sequence[str]) -> tuple[str, str]:
    return _line(cells), _line(["---"] * len(cells))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
