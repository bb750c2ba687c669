"""The fused CPU pass over all terms as a differentiable operation."""

from __future__ import annotations

import functools
import importlib.util
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pyg_energyloss.functional.engine.dispatch import ENGINE_VARIABLE
from pyg_energyloss.potentials import Potential
from pyg_energyloss.radial import Well, WellForm
from pyg_energyloss.restraints.kinds import COORDINATES
from pyg_energyloss.restraints.terms import Restraints

_KNOWN = (Well.HARMONIC, Well.ABSOLUTE, Well.HUBER)
#: Makes the energy of each graph of positions by autograd.
PlainEnergy = Callable[[Tensor], Tensor]


def fused_energy(
    pos: Tensor,
    restraints: Restraints,
    potentials: Mapping[int, Potential],
    batch: Tensor | None,
    num_graphs: int,
    *,
    plain: PlainEnergy,
) -> Tensor | None:
    """Return the energy of each graph [num_graphs] by the kernel, or None if it cannot be had.

    Args:
        pos: positions [num_nodes, 3] in float64.
        restraints: the terms.
        potentials: by the number of the kind; harmonic where there is none.
        batch: graph of every node.
        num_graphs: number of graphs.
        plain: the same energy in plain torch, for second derivatives.

    Raises:
        ValueError: a term names an atom that is not there, or atoms of several graphs.
    """
    wells = _wells(potentials)
    able = pos.is_cpu and not torch.compiler.is_compiling() and pos.size(1) == 3  # noqa: PLR2004
    asked = os.environ.get(ENGINE_VARIABLE, "auto") != "torch"
    if wells is None or not able or not asked or not _has_numba():
        return None
    energy, _ = _FusedEnergy.apply(pos, restraints, wells, batch, num_graphs, plain)
    return energy  # type: ignore[no-any-return]


class _FusedEnergy(torch.autograd.Function):
    """The gradient comes with the energy; what differentiates it again takes plain torch."""

    @staticmethod
    def forward(  # noqa: PLR0917 - autograd passes by position
        pos: Tensor,
        restraints: Restraints,
        wells: tuple[Any, Any],
        batch: Tensor | None,
        num_graphs: int,
        plain: PlainEnergy,  # noqa: ARG004 - of the backward pass
    ) -> tuple[Tensor, Tensor]:
        energy, gradient = _run(pos, restraints, wells, batch, num_graphs)
        return energy.to(pos.dtype), gradient.to(pos.dtype)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
        pos, _, _, batch, _, plain = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(pos, output[1], batch)
        ctx.plain = plain

    @staticmethod
    def backward(ctx: Any, grad_energy: Tensor, _grad: Tensor) -> Any:  # type: ignore[override]
        pos, gradient, batch = ctx.saved_tensors
        if torch.is_grad_enabled():
            with torch.enable_grad():
                again = ctx.plain(pos)
            result = torch.autograd.grad(again, pos, grad_energy, create_graph=True)[0]
        else:
            result = gradient * (grad_energy if batch is None else grad_energy[batch])[:, None]
        return result, None, None, None, None, None


def _run(
    pos: Tensor,
    restraints: Restraints,
    wells: tuple[Any, Any],
    batch: Tensor | None,
    num_graphs: int,
) -> tuple[Tensor, Tensor]:
    from pyg_energyloss.restraints.kernel import restraint_kernel

    energy = np.zeros(num_graphs)
    gradient = np.zeros((pos.size(0), 3))
    check = np.zeros(2, dtype=np.int64)
    owner = np.empty(0, dtype=np.int64) if batch is None else _array(batch, torch.int64)
    if batch is not None and len(owner) and not 0 <= owner.min() <= owner.max() < num_graphs:
        raise ValueError(
            f"`batch` must hold numbers from 0 to {num_graphs - 1}, "
            f"got {owner.min()} to {owner.max()}; is `num_graphs` right?"
        )
    kinds = _array(restraints.kind, torch.int64)
    if kinds.min() < 0 or kinds.max() >= len(COORDINATES):
        raise ValueError(
            f"`kind` must hold numbers of `Kind`, 0 to {len(COORDINATES) - 1}, "
            f"got {kinds.min()} to {kinds.max()}"
        )
    restraint_kernel()(
        _array(pos, torch.float64),
        _array(restraints.index, torch.int64),
        kinds,
        _array(restraints.bounds, torch.float64),
        _array(restraints.period, torch.float64),
        _array(restraints.weight, torch.float64),
        owner,
        np.array(COORDINATES, dtype=np.int64),
        *wells,
        energy,
        gradient,
        check,
    )
    if check[0]:
        atoms = restraints.index[:, check[1]].tolist()
        raise ValueError(
            f"the atoms of a restraint must be among the {pos.size(0)} of one graph, "
            f"got {atoms}; number the terms as the positions (PyG does so for ``restraint_index``)"
        )
    return torch.from_numpy(energy), torch.from_numpy(gradient)


def _array(value: Tensor, dtype: torch.dtype) -> Any:
    return value.detach().to(dtype).contiguous().numpy()


def _wells(potentials: Mapping[int, Potential]) -> tuple[Any, Any] | None:
    """Number and parameter of the potential of each kind, or None if one is not known."""
    forms = [
        potentials[kind].kernel_form() if kind in potentials else WellForm(Well.HARMONIC)
        for kind in range(len(COORDINATES))
    ]
    if any(form is None or form.form not in _KNOWN for form in forms):
        return None
    known = [form for form in forms if form is not None]
    return (
        np.array([int(form.form) for form in known], dtype=np.int64),
        np.array([form.parameter for form in known]),
    )


@functools.cache
def _has_numba() -> bool:
    return importlib.util.find_spec("numba") is not None
