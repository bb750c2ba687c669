"""Several evaluators of generated sets, by name."""

from __future__ import annotations

from collections.abc import Sequence

from torch_geometric.data import Data

from pyg_energyloss import registry


def judge(
    generated: Sequence[Data], *, reference: Sequence[Data], evaluators: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return what each evaluator says of a generated set.

    Args:
        generated: Molecules with ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å.
        reference: Real molecules, those that the generator was trained on.
        evaluators: Registered names of evaluators of sets.

    Raises:
        ValueError: a name is that of an evaluator of single predictions.
        ImportError: an evaluator needs an extra that is not installed; the message names it.
    """
    found: dict[str, dict[str, float]] = {}
    for name in evaluators:
        evaluator = registry.create("evaluator", name)
        if not getattr(evaluator, "judges_sets", False):
            raise ValueError(
                f"`evaluators` must judge sets of molecules; {name!r} compares predictions with "
                "targets"
            )
        found[name] = evaluator(generated, reference=reference)
    return found


def ceiling(
    reference: Sequence[Data], held_out: Sequence[Data], evaluators: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Return what held-out real molecules score: what a perfect generator would.

    Args:
        reference: Real molecules that a generator is trained on.
        held_out: Others.
        evaluators: Registered names.
    """
    return judge(held_out, reference=reference, evaluators=evaluators)
