"""Least-weight unsatisfied bonds when loops count too: branch and bound over matchings."""

from __future__ import annotations

import itertools

import numpy as np

from pyg_energyloss.spins.matching import Fixed, Frustration, Join, Weights, relaxed_join


class SearchLimitError(RuntimeError):
    """The search for a proven ground state grew beyond its limit."""


def constrained_join(
    frustration: Frustration,
    weight: Weights,
    fixed: Fixed,
    *,
    below: int | None = None,
    max_nodes: int = 100_000,
) -> Join | None:
    """Return a least-weight set of unsatisfied bonds that meets every face and every loop.

    A matching that ignores the loops (an "extended" ground state) bounds the weight from below. If
    it has the wrong parity along a loop, every admissible set differs from it in at least one bond
    of that loop: the branches say which is the first one, in an order that puts the dearest first.
    They cover all admissible sets, so that the best leaf is the optimum. On a plane there are no
    loops and the first matching is the answer.

    Args:
        frustration: parities to meet.
        weight: non-negative integers below 2^24, [num_bonds].
        fixed: bonds that must be in the set (True) or out of it (False).
        below: only look for sets lighter than this.
        max_nodes: matchings that may be computed.

    Returns:
        The set, or None if there is none (lighter than ``below``).

    Raises:
        SearchLimitError: ``max_nodes`` did not suffice.

    Source: extended ground states: Thomas and Middleton, Phys. Rev. B 76, 220406 (2007).
    """
    count = itertools.count()

    def relax(decided: Fixed) -> Join | None:
        if next(count) >= max_nodes:
            raise SearchLimitError(
                f"no proven ground state within {max_nodes} matchings; raise `max_nodes`, or take "
                "spins.bounded_ground_state for a configuration with a bound"
            )
        return relaxed_join(frustration, weight, decided)

    def search(decided: dict[int, bool], join: Join | None, best: Join | None) -> Join | None:
        limit = best.weight if best is not None else below
        if join is None or (limit is not None and join.weight >= limit):
            return best
        loop = frustration.violated_loop(join.mask)
        if loop is None:
            return join
        branches = []
        for bond in np.flatnonzero(loop).tolist():
            if bond not in decided:
                other = relax({**decided, bond: not bool(join.mask[bond])})
                if other is not None and (limit is None or other.weight < limit):
                    branches.append((other.weight, bond))
        # Bonds that cannot change below the limit keep their value in every branch.
        open_bonds = {bond for _, bond in branches}
        decided = decided | {
            bond: bool(join.mask[bond])
            for bond in np.flatnonzero(loop).tolist()
            if bond not in decided and bond not in open_bonds
        }
        branches.sort()
        for rank, (_, bond) in enumerate(branches):
            kept = {b: bool(join.mask[b]) for _, b in branches[rank + 1 :]}
            child = decided | kept | {bond: not bool(join.mask[bond])}
            best = search(child, relax(child), best)
        return best

    return search(dict(fixed), relax(fixed), None)
