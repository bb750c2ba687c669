"""What docs/contest.md says of all tracks: the best choice, the front, other judges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from judges import COLUMNS
from table_lines import head_lines, table_line

from pyg_energyloss.report.numbers import MISSING, mean_sd

#: What the errors of the merit are called in a sentence.
ERRORS = {
    "bond_mae": "bond lengths",
    "distance_mae": "all distances",
    "rmsd": "RMSD",
}


def choice(document: Mapping[str, Any]) -> Iterator[str]:
    """The loss that is never far behind, and how far the others are."""
    found = document["choice"]
    if not found["losses"]:
        return
    (best, of_best), *others = found["losses"].items()
    about = {table["track"]: table["about"] for table in found["tables"]}
    yield (
        f"**The best single choice is `{best}`**: where it is furthest behind the best loss "
        f"({ERRORS[of_best['metric']]}, {about[of_best['track']]}), its error is "
        f"{of_best['worst']:.2f} times as large."
    )
    if others:
        name, of_next = others[0]
        yield f"The next, `{name}`, goes up to {of_next['worst']:.2f} times. Worst ratios:"
    yield ""
    heads = [f"{table['about']}, {table['steps']} steps" for table in found["tables"]]
    yield from head_lines(["loss", *heads, "worst"])
    for name, of in found["losses"].items():
        yield table_line([f"`{name}`", *(f"{r:.2f}" for r in of["tables"]), f"{of['worst']:.2f}"])


def front(document: Mapping[str, Any]) -> Iterator[str]:
    """Which losses are on the front, and by how many each of the others is beaten."""
    known = [t for t in document["tables"] if sum(map(_is_ranked, t["rows"])) > 1]
    if not known:
        return
    yield from head_lines(["track", "steps", "on the front", "beaten in all three"])
    for table in known:
        ranked = {row["entry"]: row["beaten_by"] for row in table["rows"] if _is_ranked(row)}
        on_it = ", ".join(f"`{name}`" for name, by in ranked.items() if not by)
        behind = ", ".join(f"`{name}` (by {len(by)})" for name, by in ranked.items() if by)
        yield table_line([table["about"], str(table["steps"]), on_it, behind or MISSING])


def _is_ranked(row: Mapping[str, Any]) -> bool:
    return row["beaten_by"] is not None


def judged(document: Mapping[str, Any]) -> Iterator[str]:
    """Quantum chemistry and PoseBusters, the true structures below."""
    for table in document["tables"]:
        known = [row for row in table["rows"] if row["judged"]]
        if not known:
            continue
        yield from ("", f"**{table['about']}, {table['steps']} steps**", "")
        yield from head_lines(["loss", "seeds", *(head for _, head, *_ in COLUMNS)])
        for row in known:
            about, best = row["judged"], row["judged_best"]
            yield table_line([f"`{row['entry']}`", _seeds(about), *_judged(about, best)])
        if table["truth"]:
            yield table_line(["the true structures", MISSING, *_judged(table["truth"], ())])
        failed = {row["entry"]: row["judged"]["failed"] for row in known}
        of = sum(row["judged"]["calculated"] for row in known)
        told = ", ".join(f"`{name}` {count}" for name, count in failed.items() if count)
        if of:
            yield from ("", f"Failed calculations, of {of}: {told or 'none'}.")


def _seeds(about: Mapping[str, Any]) -> str:
    """Seeds of quantum chemistry and of PoseBusters."""
    counts = [len(seeds) for seeds in about["seeds"]]
    return str(counts[0]) if counts[0] == counts[1] else f"{counts[0]} / {counts[1]}"


def _judged(about: Mapping[str, Any], best: Sequence[str]) -> Iterator[str]:
    for key, _, _, digits in COLUMNS:
        text = mean_sd(about["values"][key], digits)
        yield f"**{text}**" if key in best else text
