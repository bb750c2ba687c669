"""The checks that every structure loss should pass; third parties run them on their own."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss.testing.hostile import SHAPES, hostile_positions


def contract_batch(
    dtype: torch.dtype = torch.float64, sizes: tuple[int, ...] = (5, 1, 9, 3)
) -> tuple[Tensor, Batch]:
    """Return predicted positions and a batch of molecules of mixed size to score them on.

    >>> pos_pred, batch = contract_batch()
    >>> pos_pred.shape, batch.num_graphs
    (torch.Size([18, 3]), 4)
    """
    rng = torch.Generator().manual_seed(20250)
    structures = []
    for size in sizes:
        pos = 1.5 * torch.randn(size, 3, generator=rng, dtype=torch.float64)
        path = torch.arange(max(size - 1, 0))
        bonds = torch.stack([path, path + 1])
        numbers = torch.randint(1, 9, (size,), generator=rng)
        edge_index = torch.cat([bonds, bonds.flip(0)], dim=1)
        structures.append(Data(pos=pos.to(dtype), edge_index=edge_index, z=numbers))
    batch = Batch.from_data_list(structures)
    noise = 0.2 * torch.randn(batch.pos.shape, generator=rng, dtype=torch.float64)
    return batch.pos + noise.to(dtype), batch


def assert_loss_contract(
    loss: Any, *, invariant: bool = True, zero_at_target: bool = True, hostile: bool = True
) -> None:
    """Raise AssertionError unless a loss behaves as a training loop may expect.

    Checked are: a finite scalar with a gradient; zero at the target and never below; the gradient
    against finite differences; blindness to rigid motions and to the order of graphs; no mixing of
    graphs; the dtype of the prediction; finite values and gradients on degenerate, huge and tiny
    structures; refusal of a bare tensor; copying.

    Args:
        loss: called as ``loss(pos_pred, data) -> scalar``, a mean or sum over graphs.
        invariant: whether the loss should be blind to rotation and translation.
        zero_at_target: whether the loss vanishes at the target and is not negative.
        hostile: whether to try degenerate structures.

    Raises:
        AssertionError: a check fails; the message says which.

    >>> from pyg_energyloss import PairEnergyLoss
    >>> assert_loss_contract(PairEnergyLoss())
    """
    pos_pred, batch = contract_batch()
    _check_value(loss, pos_pred, batch)
    if zero_at_target:
        _check_target(loss, pos_pred, batch)
    if invariant:
        _check_invariance(loss, pos_pred, batch)
    _check_gradient(loss, pos_pred, batch)
    _check_graphs(loss, pos_pred, batch)
    _check_dtypes(loss)
    if hostile:
        _check_hostile(loss)
    _check_refusal(loss, pos_pred, batch)
    copied = copy.deepcopy(loss)(pos_pred, batch)
    _must(torch.equal(copied, loss(pos_pred, batch)), "a deep copy gives another value")


def _must(condition: bool | Tensor, message: str) -> None:
    if not bool(condition):
        raise AssertionError(f"the loss contract is broken: {message}")


def _check_value(loss: Any, pos_pred: Tensor, batch: Batch) -> None:
    pos = pos_pred.clone().requires_grad_()
    value = loss(pos, batch)
    _must(isinstance(value, Tensor), f"the result is a {type(value).__name__}, not a tensor")
    _must(value.dim() == 0, f"the result has shape {tuple(value.shape)}, not that of a scalar")
    _must(value.requires_grad, "the result has no gradient")
    value.backward()
    _must(pos.grad is not None and pos.grad.isfinite().all(), "the gradient is not finite")


def _check_target(loss: Any, pos_pred: Tensor, batch: Batch) -> None:
    value = loss(batch.pos.clone(), batch)
    _must(
        value.abs() < 1e-10,  # noqa: PLR2004 - rounding
        f"the value at the target is {float(value):g}, not zero",
    )
    _must(loss(pos_pred, batch) > 0, "the value away from the target is not positive")


def _check_invariance(loss: Any, pos_pred: Tensor, batch: Batch) -> None:
    rng = torch.Generator().manual_seed(1)
    turn = torch.linalg.qr(torch.randn(3, 3, generator=rng, dtype=torch.float64))[0]
    turn = turn * torch.linalg.det(turn)
    before, after = loss(pos_pred, batch), loss(pos_pred @ turn + 3.0, batch)
    close = torch.allclose(before, after, rtol=1e-7, atol=1e-9)
    _must(close, f"a rigid motion changes the value from {float(before):g} to {float(after):g}")


def _check_gradient(loss: Any, pos_pred: Tensor, batch: Batch) -> None:
    pos = pos_pred.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(pos, batch), pos)
    rng = torch.Generator().manual_seed(2)
    direction = torch.randn(pos.shape, generator=rng, dtype=torch.float64)
    step = 1e-5
    ahead, behind = (loss(pos_pred + sign * step * direction, batch) for sign in (1, -1))
    slope, expected = float((ahead - behind) / (2 * step)), float((gradient * direction).sum())
    error = abs(slope - expected)
    _must(
        error <= 1e-4 * max(abs(slope), 1e-3),
        f"the gradient along a direction is {expected:g}, finite differences say {slope:g}",
    )


def _check_graphs(loss: Any, pos_pred: Tensor, batch: Batch) -> None:
    parts = batch.to_data_list()
    order = list(reversed(range(len(parts))))
    rows = [slice(int(batch.ptr[g]), int(batch.ptr[g + 1])) for g in order]
    again = Batch.from_data_list([parts[g] for g in order])
    turned = loss(torch.cat([pos_pred[r] for r in rows]), again)
    whole = loss(pos_pred, batch)
    _must(torch.allclose(turned, whole, rtol=1e-7), "the order of the graphs changes the value")
    moved = pos_pred.clone().requires_grad_()
    shifted = batch.pos.clone()
    shifted[rows[0]] += 2.0
    first = slice(0, int(batch.ptr[1]))
    before = torch.autograd.grad(loss(moved, batch), moved)[0][first]
    changed = batch.clone()
    changed.pos = shifted
    after = torch.autograd.grad(loss(moved, changed), moved)[0][first]
    _must(torch.allclose(before, after, rtol=1e-7), "one graph feels the target of another")


def _check_dtypes(loss: Any) -> None:
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        pos_pred, batch = contract_batch(dtype)
        pos = pos_pred.clone().requires_grad_()
        value = loss(pos, batch)
        value.backward()
        _must(value.dtype == dtype, f"{dtype} positions give a value in {value.dtype}")
        _must(pos.grad is not None and pos.grad.isfinite().all(), f"gradient of {dtype} not finite")


def _check_hostile(loss: Any) -> None:
    rng = torch.Generator().manual_seed(3)
    for dtype in (torch.float32, torch.float64):
        for shape in SHAPES:
            for other in ("ordinary", shape):
                graphs = [
                    Data(pos=hostile_positions(other, size, dtype, rng)) for size in (1, 4, 6)
                ]
                for graph in graphs:
                    path = torch.arange(max(graph.pos.size(0) - 1, 0))
                    graph.edge_index = torch.stack([path, path + 1])
                    graph.z = torch.ones(graph.pos.size(0), dtype=torch.long)
                batch = Batch.from_data_list(graphs)
                pos = hostile_positions(shape, 11, dtype, rng).requires_grad_()
                value = loss(pos, batch)
                value.backward()
                what = f"{shape} predictions of {other} targets in {dtype}"
                _must(value.isfinite(), f"{what} give the value {float(value.detach()):g}")
                finite = pos.grad is not None and pos.grad.isfinite().all()
                _must(finite, f"{what} give a gradient that is not finite")


def _check_refusal(loss: Any, pos_pred: Tensor, batch: Batch) -> None:
    try:
        loss(pos_pred, batch.pos)
    except (TypeError, ValueError):
        return
    raise AssertionError(
        "the loss contract is broken: a bare tensor is accepted as `data`, so a batch is treated "
        "as one graph"
    )
