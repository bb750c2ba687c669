"""What an engine is asked to compute, and the scale in which huge structures stay finite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from pyg_energyloss.functional.engine.handles import Handle
from pyg_energyloss.functional.engine.wells import HARMONIC
from pyg_energyloss.radial import Form, RadialForm, TableForm, WellForm

Law = Callable[[Tensor, Tensor, Tensor], Tensor]

#: Beyond this length (in the unit of the positions) squares may leave the range of the type.
_HUGE = {torch.float32: 1e6, torch.float64: 1e60}


@dataclass(frozen=True, slots=True)
class Problem:
    """The springs of all graphs: complete graphs where `edge_index` is None.

    `law` is a form that the kernels know, a function of (distance, source, target), or None for
    k = 1. All floating tensors have the dtype of `pos`; `shift` is in the unit of `pos`; `factor`
    [num_graphs] multiplies the energy of each graph; `node_weight` [num_nodes] is for complete
    graphs, where a pair weighs w_i w_j. Pairs truly `cutoff` apart or further have no spring.
    `total` asks `spring_energy` for the sum over graphs; the engines do not look at it.
    """

    pos: Tensor
    rest: Tensor
    batch: Tensor | None
    num_graphs: int
    law: RadialForm | TableForm | Law | None
    edge_index: Tensor | None = None
    weight: Tensor | None = None
    shift: Tensor | None = None
    factor: Tensor | None = None
    well: WellForm | Handle = HARMONIC
    cutoff: float | None = None
    node_weight: Tensor | None = None
    total: bool = False

    def per_node(self, value: Tensor) -> Tensor:
        """Spread a value of each graph [num_graphs] over its nodes [num_nodes or 1, 1]."""
        return value[:, None] if self.batch is None else value.index_select(0, self.batch)[:, None]


def spring_law(law: RadialForm | TableForm | Law | None) -> Law | None:
    """Return the law as a function of (distance, source, target) in plain torch."""
    if law is None:
        return None

    def evaluate(distance: Tensor, source: Tensor, target: Tensor) -> Tensor:
        if isinstance(law, RadialForm):
            return radial_stiffness(law, distance)
        if isinstance(law, TableForm):
            factor = law.table[law.kind[source], law.kind[target]]
            return factor.to(distance.dtype) * radial_stiffness(law.radial, distance)
        return law(distance, source, target)

    return evaluate


def radial_stiffness(law: RadialForm, distance: Tensor) -> Tensor:
    """Evaluate a radial form in plain torch.

    >>> radial_stiffness(RadialForm(Form.INVERSE, 3.0, 1.0), torch.tensor([2.0]))
    tensor([1.])
    """
    if law.form == Form.EXPONENTIAL:
        return law.strength * torch.exp(distance * -law.parameter)
    if law.form == Form.INVERSE:
        return law.strength / (distance + law.parameter)
    if law.form == Form.INVERSE_SQUARE:
        return law.strength / (distance.square() + law.parameter)
    return torch.full_like(distance, law.strength)


def graph_scale(problem: Problem) -> Tensor:
    """Return a power of two per graph that brings huge positions near one; 1 for ordinary ones.

    Works without reading values back from the device.
    """
    pos = problem.pos
    reach = torch.maximum(pos.abs(), problem.rest.abs()).amax(dim=1)
    scale = torch.zeros(problem.num_graphs, dtype=pos.dtype, device=pos.device)
    # torch before 2.6 scatters by 64-bit indices only.
    if problem.batch is None:
        node_batch = torch.zeros(pos.size(0), dtype=torch.long, device=pos.device)
    else:
        node_batch = problem.batch.long()
    scale = scale.scatter_reduce(0, node_batch, reach, reduce="amax")
    if problem.shift is not None and problem.edge_index is not None:
        edge_reach = problem.shift.abs().amax(dim=1)
        edge_batch = node_batch[problem.edge_index[0]]
        scale = scale.scatter_reduce(0, edge_batch, edge_reach, reduce="amax")
    exponent = torch.frexp(scale).exponent
    small = torch.ldexp(torch.ones_like(scale), -exponent)
    return torch.where(scale > _HUGE[pos.dtype], small, 1.0)


def rescaled(problem: Problem, node_scale: Tensor) -> Problem:
    """Return the problem with all lengths multiplied by their node's scale [num_nodes]."""
    shift = problem.shift
    if shift is not None and problem.edge_index is not None:
        shift = shift * node_scale[problem.edge_index[0], None]
    pos, rest = problem.pos * node_scale[:, None], problem.rest * node_scale[:, None]
    return replace(problem, pos=pos, rest=rest, shift=shift)


def is_ordinary(problem: Problem) -> bool:
    """Whether no length can leave the range of the type; False where one cannot look for free."""
    if not problem.pos.is_cpu or torch.compiler.is_compiling():
        return False
    lengths = (problem.pos, problem.rest, problem.shift)
    limit = _HUGE[problem.pos.dtype]
    # A NaN compares as false, and is then looked at closely.
    return all(
        length.abs().max().item() <= limit
        for length in lengths
        if length is not None and length.numel()
    )
