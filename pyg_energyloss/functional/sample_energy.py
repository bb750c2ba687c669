"""The pair energies of many predictions of the same structures."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pyg_energyloss.functional.complete_pair_energy import complete_pair_energy
from pyg_energyloss.functional.engine import Problem, engine_name, law_of, well_of
from pyg_energyloss.functional.engine.checks import check_batch, looks
from pyg_energyloss.functional.geometry.distance import COINCIDENT
from pyg_energyloss.functional.graphs import resolve_batch
from pyg_energyloss.functional.node_weight import check_node_weight, present
from pyg_energyloss.functional.pair_energy import check_cutoff
from pyg_energyloss.functional.transformed import is_transformed
from pyg_energyloss.radial import Form, RadialForm, TableForm, WellForm

_UNIT = RadialForm(Form.CONSTANT, 1.0)


def sample_energy(
    pos_pred: Tensor,
    pos_target: Tensor,
    *,
    stiffness: Any = None,
    potential: Any = None,
    cutoff: float | None = None,
    node_weight: Tensor | None = None,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
) -> Tensor:
    """Return `complete_pair_energy` of every sample of the same structures.

    On a CPU the distances, stiffness and neighbours of the target are found once for all samples,
    as in AlphaFold 3's training, which scores 48 predictions of one structure.

    Args:
        pos_pred: predicted positions [num_samples, num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        stiffness: true distance -> k, taken without gradient; None means k = 1.
        potential: φ, as in `complete_pair_energy`.
        cutoff: pairs that are truly this far apart (in Å), or further, have no spring.
        node_weight: w_i [num_nodes]; a pair weighs w_i w_j, a node of weight 0 is not there.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.

    Returns:
        [num_samples, num_graphs], twice differentiable in `pos_pred`.

    Raises:
        TypeError, ValueError: an argument has a wrong type or shape.

    >>> target, samples = (
    ...     torch.tensor([[0.0], [1.0]]),
    ...     torch.tensor([[[0.0], [3.0]], [[0.0], [1.0]]]),
    ... )
    >>> sample_energy(samples, target).round(decimals=4)
    tensor([[4.],
            [0.]])

    Source: arXiv 2511.02087, eq 7; the samples are those of Abramson et al., Nature 630 (2024) 493.
    """
    if pos_pred.dim() != 3 or pos_pred.shape[1:] != pos_target.shape:  # noqa: PLR2004 - a stack
        raise ValueError(
            "`pos_pred` must have shape [num_samples, num_nodes, dim] with `pos_target` "
            f"[num_nodes, dim], got {tuple(pos_pred.shape)} and {tuple(pos_target.shape)}"
        )
    batch, count = resolve_batch(pos_target, batch, num_graphs)
    options: dict[str, Any] = {
        "stiffness": stiffness,
        "potential": potential,
        "cutoff": check_cutoff(cutoff),
        "node_weight": node_weight,
    }
    law, well = law_of(stiffness), well_of(potential)
    kernels = _kernels_compute(pos_pred, pos_target, node_weight, law)
    problem = Problem(pos_target, pos_target, batch, count, law, well=well)
    if kernels and isinstance(well, WellForm) and engine_name(problem) == "numba":
        if batch is not None:
            check_batch(batch, count)
        energy: Tensor = _SampleEnergy.apply(pos_pred, pos_target, batch, count, options)
        return energy
    return _one_after_the_other(pos_pred, pos_target, batch, count, options)


def _kernels_compute(pred: Tensor, target: Tensor, weight: Tensor | None, law: Any) -> bool:
    """Whether the kernel of samples is for this: plain tensors of a CPU, a law that it knows."""
    learned = target.requires_grad or (weight is not None and weight.requires_grad)
    known = law is None or isinstance(law, (RadialForm, TableForm))
    plain = looks(pred) and not is_transformed() and pred.dtype == target.dtype
    whole = pred.dtype in {torch.float32, torch.float64} and pred.numel() > 0
    return known and plain and whole and not (learned and torch.is_grad_enabled())


def _one_after_the_other(
    pred: Tensor, target: Tensor, batch: Tensor | None, count: int, options: dict[str, Any]
) -> Tensor:
    """As structures of a batch, in any engine."""
    samples, nodes, dim = pred.shape
    number = torch.arange(samples, device=pred.device)[:, None]
    graph = torch.zeros(nodes, dtype=torch.long, device=pred.device) if batch is None else batch
    weight, law = options["node_weight"], options["stiffness"]
    if isinstance(law, TableForm):
        law = TableForm(law.radial, law.table, law.kind.repeat(samples))
    energy = complete_pair_energy(
        pred.reshape(-1, dim),
        target.repeat(samples, 1),
        stiffness=law,
        potential=options["potential"],
        cutoff=options["cutoff"],
        node_weight=None if weight is None else weight.repeat(samples),
        batch=(graph + count * number).flatten(),
        num_graphs=samples * count,
    )
    return energy.reshape(samples, count)


class _SampleEnergy(torch.autograd.Function):
    """Energies [num_samples, num_graphs], differentiated by the gradient that comes with them."""

    @staticmethod
    def forward(  # type: ignore[override] # noqa: PLR0917 - its call
        ctx: Any,
        pos: Tensor,
        target: Tensor,
        batch: Tensor | None,
        count: int,
        options: dict[str, Any],
    ) -> Tensor:
        energy, gradient = _solve(pos.detach(), target.detach(), batch, count, options)
        if not (energy.isfinite().all() and gradient.isfinite().all()):
            with torch.enable_grad():  # beyond the type, or NaN: the engines know what to do
                leaf = pos.detach().requires_grad_()
                energy = _one_after_the_other(leaf, target, batch, count, options)
                (gradient,) = torch.autograd.grad(energy.sum(), leaf)
            energy = energy.detach()
        ctx.save_for_backward(pos, target, batch, gradient)
        ctx.count, ctx.options = count, options
        return energy

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Any:  # type: ignore[override]
        pos, target, batch, gradient = ctx.saved_tensors
        if torch.is_grad_enabled():  # second derivatives are those of the engines
            energy = _one_after_the_other(pos, target, batch, ctx.count, ctx.options)
            (result,) = torch.autograd.grad(energy, pos, grad, create_graph=True)
        else:
            each = grad[:, :1] if batch is None else grad.index_select(1, batch)
            result = gradient * each[:, :, None]
        return result, None, None, None, None


def _solve(
    pos: Tensor, target: Tensor, batch: Tensor | None, count: int, options: dict[str, Any]
) -> tuple[Tensor, Tensor]:
    from pyg_energyloss.functional.engine.numba import samples as kernels
    from pyg_energyloss.functional.engine.numba.formulas import numbers_of

    weight = check_node_weight(options["node_weight"], target)
    if weight is not None:
        target = present(target, weight)
        pos = torch.where((weight != 0)[:, None], pos, 0.0)
    order = torch.zeros(len(target), dtype=torch.long) if batch is None else batch.long()
    sizes = torch.bincount(order, minlength=count)
    order = torch.argsort(order, stable=True)
    ptr = torch.cat([sizes.new_zeros(1), sizes.cumsum(0)]).numpy()
    samples, nodes, dim = pos.shape
    rest = torch.nn.functional.pad(target[order], (0, 3 - dim))
    place = torch.nn.functional.pad(pos[:, order], (0, 3 - dim))
    rows = torch.cat([place, place - rest], dim=2).permute(2, 0, 1).numpy()
    lanes = kernels.lanes_for(samples)
    table, kind = kernels.chunked(rows, lanes), rows.dtype
    law, well = law_of(options["stiffness"]), well_of(options["potential"])
    radial = law.radial if isinstance(law, TableForm) else law
    radial = radial if isinstance(radial, RadialForm) else _UNIT
    factor, kinds = np.ones((1, 1), dtype=kind), np.zeros(nodes, dtype=np.int64)
    if isinstance(law, TableForm):
        factor, kinds = law.table.numpy().astype(kind), law.kind[order].long().numpy()
    if not isinstance(well, WellForm):
        raise TypeError("a potential that is no form has no kernel; use the plain-torch engine")
    reach = math.inf if options["cutoff"] is None else options["cutoff"] ** 2
    chunks, single = len(table), pos.dtype == torch.float32
    energy = np.zeros((chunks, count, lanes))
    gradient = np.zeros((chunks, nodes, 3 * lanes), dtype=kind)
    kernels.samples_kernel(int(radial.form), int(well.form), single, lanes)(
        table,
        np.ascontiguousarray(rest.numpy()),
        ptr,
        np.ones(nodes, dtype=kind) if weight is None else weight.detach()[order].numpy(),
        factor,
        kinds,
        numbers_of(kind, radial.parameter, well.parameter, reach, radial.strength),
        np.array([0.0, 1.0, 2.0, COINCIDENT], dtype=kind),
        np.zeros(chunks * lanes, dtype=kind),
        np.zeros(3 * lanes, dtype=kind),
        energy,
        gradient,
    )
    found = torch.from_numpy(energy).permute(0, 2, 1).reshape(-1, count)[:samples]
    pulls = torch.from_numpy(kernels.apart(gradient, 3, samples, lanes))[:, :, :dim]
    back = torch.empty_like(pulls).index_copy_(1, order, pulls)
    return found.to(pos.dtype), back
