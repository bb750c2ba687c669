"""One small complete graph in plain torch: all pairs at once, in as few operations as it takes.

There a call costs what its operations cost to start, and not what they compute.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.engine.problem import Problem, radial_stiffness
from pyg_energyloss.functional.engine.wells import HARMONIC, tension_and_energy
from pyg_energyloss.functional.geometry.distance import COINCIDENT
from pyg_energyloss.radial import RadialForm

#: Pairs that are held at once.
MOST = 1 << 16


def is_dense(problem: Problem) -> bool:
    """Whether this is one graph of few pairs under a law of the distance.

    >>> points = torch.zeros(2, 3)
    >>> is_dense(Problem(points, points, None, 1, None))
    True
    """
    one = problem.batch is None and problem.edge_index is None and problem.node_weight is None
    radial = problem.law is None or isinstance(problem.law, RadialForm)
    return one and radial and 0 < problem.pos.size(0) ** 2 <= MOST


def energy_and_gradient(problem: Problem) -> tuple[Tensor, Tensor]:
    """Return the energy [1] and its gradient [num_nodes, dim] of ordinary lengths."""
    pos, rest = problem.pos.t().contiguous(), problem.rest.t().contiguous()
    offset = pos - rest
    bond, true_bond = pos[:, :, None] - pos[:, None], rest[:, :, None] - rest[:, None]
    length = bond.square().sum(dim=0).sqrt_()
    distance = true_bond.square().sum(dim=0).sqrt_()
    # As in `springs.measured`: exact near the minimum.
    product = (offset[:, :, None] - offset[:, None]).mul_(true_bond.add_(bond)).sum(dim=0)
    stretch = product.div_((length + distance).clamp_(min=COINCIDENT))
    if problem.law is None:
        k = torch.ones_like(distance)
    else:
        k = radial_stiffness(problem.law, distance)  # type: ignore[arg-type] # see `is_dense`
    k.fill_diagonal_(0.0)
    if problem.cutoff is not None:
        k.masked_fill_(distance >= problem.cutoff, 0.0)
    if problem.well == HARMONIC:
        tension = k * stretch
        energy = 0.5 * (tension * stretch).sum()[None]
    else:
        tension, energy = tension_and_energy(problem.well, stretch, distance, None)
        tension, energy = k * tension, (k * energy).sum()[None]
    force = bond.mul_(tension.div_(length.clamp_(min=COINCIDENT**0.5)))
    return energy, force.sum(dim=2).mul_(2.0).t().contiguous()
