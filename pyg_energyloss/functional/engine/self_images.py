"""Springs from an atom to a periodic image of itself, which cannot be stretched by moving atoms."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.engine.handles import Handle
from pyg_energyloss.functional.engine.problem import Problem, spring_law
from pyg_energyloss.functional.engine.springs import Springs, rest_distance, stiffness_of
from pyg_energyloss.functional.engine.wells import potential_object


def self_image_energy(problem: Problem) -> Tensor | None:
    """Return the energy of columns from an atom to an image of itself, for each graph.

    They are pairs like others: k(d) φ(0), and no force. A column without a shift is no pair.

    Returns:
        [num_graphs], `problem.factor` included; None where there are no such columns or φ(0) is
        zero, which it is for all potentials that have a form but the lDDT's.
    """
    if problem.shift is None or problem.edge_index is None or isinstance(problem.well, Handle):
        return None
    at_rest = potential_object(problem.well).energy(problem.pos.new_zeros(()))
    if not at_rest:
        return None
    source, target = problem.edge_index
    own = (source == target).nonzero()[:, 0]
    if not own.numel():
        return None
    weight = None if problem.weight is None else problem.weight[own]
    springs = Springs(source[own], target[own], weight, problem.shift[own])
    distance = rest_distance(problem, springs)
    k = stiffness_of(problem, spring_law(problem.law), springs, distance)
    if k is None:  # where nothing makes one spring another
        k = torch.ones_like(distance)
    graph = torch.zeros_like(own) if problem.batch is None else problem.batch[source[own]].long()
    energy = problem.pos.new_zeros(problem.num_graphs).index_add_(0, graph, k * at_rest)
    return energy if problem.factor is None else energy * problem.factor
