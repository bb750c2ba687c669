"""Quantum chemistry and PoseBusters: what the runs of one loss come to."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from pyg_energyloss.experiments.summary import moments

Row = Mapping[str, Any]
#: kcal/mol in an eV.
KCAL = 23.0605
#: An end of a relaxation this close to the relaxed truth is the same minimum, kcal/mol.
SAME = 1.0
#: What a failed calculation counts as where energies are compared, kcal/mol.
FAILED = 1e6
#: Key, head, whether high is good, digits.
COLUMNS: tuple[tuple[str, str, bool, int], ...] = (
    ("energy", "xTB kcal/mol", False, 0),
    ("back", "back %", True, 1),
    ("steps", "steps", False, 1),
    ("unrelaxed", "unrelaxed %", False, 1),
    ("pb_valid", "PoseBusters %", True, 1),
    ("pb_bond_lengths", "lengths %", True, 1),
    ("pb_bond_angles", "angles %", True, 1),
    ("pb_no_clash", "no clash %", True, 1),
)
#: Those that a paired test can tell apart, molecule by molecule.
TESTED = ("energy", "back", "steps", "pb_valid")


def judged_of(strained: Sequence[Row], busted: Sequence[Row]) -> dict[str, Any] | None:
    """Mean and s.d. over seeds of each column, and how many calculations failed; None if nothing.

    A calculation that fails counts as an energy above all others, as the limit of steps and as a
    structure that is not relaxed.
    """
    if not (strained or busted):
        return None
    found = [_of_strain(row["molecules"]) for row in strained]
    values = {key: _over_seeds(found, key) for key in ("energy", "back", "steps", "unrelaxed")}
    shares = ("pb_valid", "pb_bond_lengths", "pb_bond_angles", "pb_no_clash")
    values |= {key: moments([row["values"][key] for row in busted], scale=100.0) for key in shares}
    return {
        "seeds": [sorted(row["spec"]["seed"] for row in of) for of in (strained, busted)],
        "failed": sum(of["failed"] for of in found),
        "calculated": sum(of["calculated"] for of in found),
        "values": values,
    }


def tested(strained: Sequence[Row], busted: Sequence[Row]) -> list[dict[str, Any]]:
    """The runs as `duels.duel` takes them, of the seeds that both have."""
    of_strain = {row["spec"]["seed"]: row["molecules"] for row in strained}
    runs = []
    for row in busted:
        seed = row["spec"]["seed"]
        if seed in of_strain:
            molecules = of_strain[seed]
            relaxed = [n for n, steps in enumerate(molecules["steps"]) if steps is not None]
            of_molecules = {
                "energy": [math.log10(max(1.0, e)) for e in _energies(molecules)],
                "back": [float(_is_back(molecules, n)) for n in relaxed],
                "steps": [molecules["steps"][n] for n in relaxed],
                "pb_valid": row["molecules"]["pb_valid"],
            }
            runs.append({"spec": {"seed": seed}, "molecules": of_molecules})
    return runs


def _of_strain(molecules: Mapping[str, Sequence[float | None]]) -> dict[str, float]:
    relaxed = [n for n, steps in enumerate(molecules["steps"]) if steps is not None]
    energies = _energies(molecules)
    median = statistics.median(energies)
    failed = sum(molecules["failed"][n] == 1 for n in range(len(energies)))
    return {
        "energy": math.inf if median == FAILED else median,
        "back": 100.0 * statistics.fmean(_is_back(molecules, n) for n in relaxed),
        "steps": statistics.fmean(molecules["steps"][n] or 0.0 for n in relaxed),
        "unrelaxed": 100.0 * statistics.fmean(molecules["relaxed"][n] != 1 for n in relaxed),
        "failed": failed + sum(molecules["relaxation_failed"][n] == 1 for n in relaxed),
        "calculated": len(energies) + len(relaxed),
    }


def _energies(molecules: Mapping[str, Sequence[float | None]]) -> list[float]:
    """Above the true structures, kcal/mol."""
    return [FAILED if e is None else KCAL * e for e in molecules["energy_above_reference"]]


def _is_back(molecules: Mapping[str, Sequence[float | None]], n: int) -> bool:
    above = molecules["relaxed_above_reference"][n]
    return molecules["relaxed"][n] == 1 and above is not None and abs(KCAL * above) < SAME


def _over_seeds(found: Sequence[Mapping[str, float]], key: str) -> Any:
    """None, shown as unknown, rather than a mean that leaves an infinite median out."""
    values = [of[key] for of in found]
    return moments(values) if all(math.isfinite(value) for value in values) else None
