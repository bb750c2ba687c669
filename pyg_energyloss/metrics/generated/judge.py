"""Several evaluators of generated sets, by name."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from torch_geometric.data import Data

from pyg_energyloss import registry

Judgement = dict[str, dict[str, float | str]]


def judge(
    generated: Sequence[Data], *, reference: Sequence[Data], evaluators: Sequence[str]
) -> Judgement:
    """Return what each evaluator says of a generated set.

    An evaluator whose extra is not installed is left out: a UserWarning, and instead of its values
    ``{"skipped": reason}``, so that a long study does not end for want of one.

    Args:
        generated: Molecules with ``z`` [num_nodes] and ``pos`` [num_nodes, 3], Å.
        reference: Real molecules, those that the generator was trained on.
        evaluators: Registered names of evaluators of sets.

    Raises:
        KeyError: nothing is registered under a name.
        ValueError: a name is that of an evaluator of single predictions.
    """
    found: Judgement = {}
    for name in evaluators:
        try:
            evaluator = registry.create("evaluator", name)
        except ImportError as error:
            warnings.warn(f"{name!r} is skipped: {error}", stacklevel=2)
            found[name] = {"skipped": str(error)}
            continue
        if not getattr(evaluator, "judges_sets", False):
            raise ValueError(
                f"`evaluators` must judge sets of molecules; {name!r} compares predictions with "
                "targets"
            )
        found[name] = evaluator(generated, reference=reference)
    return found


def ceiling(
    reference: Sequence[Data], held_out: Sequence[Data], evaluators: Sequence[str]
) -> Judgement:
    """Return what held-out real molecules score: what a perfect generator would.

    Args:
        reference: Real molecules that a generator is trained on.
        held_out: Others.
        evaluators: Registered names.
    """
    return judge(held_out, reference=reference, evaluators=evaluators)
