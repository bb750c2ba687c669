"""The cases of `benchmarks/gpu.py`: what is computed, in which ways, and what is right."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gpu_training
import torch
from pair_energy import (
    cdist_energy,
    cloud,
    dense_energy,
    gather_energy,
    molecules,
    padded,
    regular_edges,
)
from torch import Tensor

from pyg_energyloss import SmoothLDDTLoss, potentials
from pyg_energyloss.functional import complete_pair_energy, pair_energy, smooth_lddt
from pyg_energyloss.losses import PaddedLoss
from pyg_energyloss.stiffness import Exponential

Energy = Callable[[Tensor], Tensor]

LAW = Exponential(1.0)
#: Atoms of a case without a GPU.
SMALL = {3000: 70, 20_016: 130, 30_000: 140, 300_000: 300}
#: Heavy atoms in a cubic Å of a protein.
DENSITY = 0.05


@dataclass
class Problem:
    """Positions, the energies that are compared, and the one in float64 that says what is right."""

    pred: Tensor
    ways: dict[str, Energy]
    right: Energy | None = None


@dataclass
class Case:
    """A problem by number of atoms, made on a device, and the names of its ways."""

    atoms: int
    build: Callable[[int, str], Problem]
    ways: tuple[str, ...]


def on(device: str, *tensors: Tensor) -> list[Tensor]:
    return [tensor.to(device) for tensor in tensors]


def authors_form(pred: Tensor, target: Tensor) -> Tensor:
    """Equation 7 as its paper's code has it: norms of difference tensors, stiffness, a mask."""
    pred, target = pred[None], target[None]
    stiffness = torch.exp(-torch.norm(target[:, :, None] - target[:, None], dim=-1))
    edges = 1.0 - torch.eye(target.size(1), device=target.device)
    true = torch.norm(target[:, :, None] - target[:, None], dim=-1)
    found = torch.norm(pred[:, :, None] - pred[:, None], dim=-1)
    return 0.5 * (edges * stiffness * (found - true).square()).sum()


def dense_lddt(pred: Tensor, target: Tensor, cutoff: float = 15.0) -> Tensor:
    """The smooth lDDT on N x N matrices, as codes that predict proteins have it."""
    eye = torch.eye(len(pred), device=pred.device, dtype=pred.dtype)
    d_pred = (pred[:, None] - pred).square().sum(-1).add(1e-10).sqrt()
    d_target = (target[:, None] - target).square().sum(-1).add(1e-10).sqrt()
    off = (d_pred - d_target).abs()
    kept = sum(torch.sigmoid(limit - off) for limit in (0.5, 1.0, 2.0, 4.0)) / 4
    pairs = (d_target < cutoff) * (1 - eye)
    return 1 - (pairs * kept).sum() / pairs.sum()


def protein(nodes: int) -> tuple[Tensor, Tensor]:
    """Atoms in a cube at the density of a protein, and the same half an Å away."""
    rng = torch.Generator().manual_seed(0)
    target = (nodes / DENSITY) ** (1 / 3) * torch.rand(nodes, 3, generator=rng)
    return target + 0.5 * torch.randn(nodes, 3, generator=rng), target


def complete(nodes: int, device: str) -> Problem:
    pred, target = on(device, *cloud(nodes))
    exact = target.double()
    return Problem(
        pred,
        {
            "ours": lambda p: complete_pair_energy(p, target, stiffness=LAW),
            "dense": lambda p: dense_energy(p, target),
            "cdist": lambda p: cdist_energy(p, target),
            "compiled": lambda p: torch.compile(dense_energy)(p, target),
            "authors_form": lambda p: authors_form(p, target),
        },
        lambda p: complete_pair_energy(p, exact, stiffness=LAW),
    )


def sparse(nodes: int, device: str) -> Problem:
    pred, target, edges = on(device, *cloud(nodes), regular_edges(nodes))
    exact = target.double()
    return Problem(
        pred,
        {
            "ours": lambda p: pair_energy(p, target, edges, stiffness=LAW),
            "gather": lambda p: gather_energy(p, target, edges),
            "compiled": lambda p: torch.compile(gather_energy)(p, target, edges),
        },
        lambda p: pair_energy(p, exact, edges, stiffness=LAW),
    )


def batch(graphs: int, device: str) -> Problem:
    pred, target, graph = on(device, *molecules(graphs))
    full, pairs = on(device, *padded(target.cpu(), graph.cpu(), graphs))
    exact, options = target.double(), {"batch": graph, "num_graphs": graphs, "stiffness": LAW}
    sizes = torch.bincount(graph)
    place = torch.arange(len(graph), device=device) - (sizes.cumsum(0) - sizes)[graph]

    def spread(pos: Tensor) -> Tensor:
        return torch.zeros_like(full).index_put((graph, place), pos)

    return Problem(
        pred,
        {
            "ours": lambda p: complete_pair_energy(p, target, **options),
            "dense": lambda p: dense_energy(spread(p), full, pairs),
            "cdist": lambda p: cdist_energy(spread(p), full, pairs),
            "compiled": lambda p: torch.compile(dense_energy)(spread(p), full, pairs),
        },
        lambda p: complete_pair_energy(p, exact, **options),
    )


def lddt(nodes: int, device: str) -> Problem:
    pred, target = on(device, *protein(nodes))
    exact = target.double()
    return Problem(
        pred,
        {
            "ours": lambda p: smooth_lddt(p, target),
            "dense": lambda p: dense_lddt(p, target),
            "compiled": lambda p: torch.compile(dense_lddt)(p, target),
        },
        lambda p: smooth_lddt(p, exact),
    )


def samples(count: int, device: str) -> Problem:
    """Samples of one target of 400 atoms (20 without a GPU), as AlphaFold 3 draws them."""
    atoms = 400 if device == "cuda" else 20
    target = protein(atoms)[1].to(device)
    rng = torch.Generator().manual_seed(1)
    pred = target + torch.randn(count, atoms, 3, generator=rng).to(device)
    loss, exact = PaddedLoss(SmoothLDDTLoss()), target.double()
    return Problem(
        pred,
        {
            "ours": lambda p: loss(p, target),
            "one_by_one": lambda p: torch.stack([smooth_lddt(one, target)[0] for one in p]),
            "dense": lambda p: torch.stack([dense_lddt(one, target) for one in p]),
        },
        lambda p: loss(p, exact),
    )


WELLS = {
    "harmonic": potentials.Harmonic(),
    "absolute": potentials.Absolute(),
    "huber": potentials.Huber(0.2),
    "lddt": potentials.LDDT(),
    "morse": potentials.Morse(1.3),
    "flat_bottom": potentials.FlatBottom(0.1),
}


def potential(well: Any) -> Callable[[int, str], Problem]:
    def build(nodes: int, device: str) -> Problem:
        pred, target = on(device, *protein(nodes))
        exact = target.double()
        options = {"potential": well, "cutoff": 15.0}

        def energy(p: Tensor) -> Tensor:
            return complete_pair_energy(p, target, **options)

        right = functools.partial(complete_pair_energy, pos_target=exact, **options)
        return Problem(pred, {"ours": energy}, right)

    return build


FORMS = ("ours", "dense", "cdist", "compiled", "authors_form")
CASES = {
    "complete_3000": Case(3000, complete, FORMS),
    "complete_20016": Case(20_016, complete, FORMS),
    "complete_30000": Case(30_000, complete, FORMS),
    "sparse_300000": Case(300_000, sparse, ("ours", "gather", "compiled")),
    "batch_256": Case(256, batch, ("ours", "dense", "cdist", "compiled")),
    "lddt_3000": Case(3000, lddt, ("ours", "dense", "compiled")),
    "lddt_20016": Case(20_016, lddt, ("ours", "dense", "compiled")),
    "samples_48": Case(48, samples, ("ours", "one_by_one", "dense")),
    **{f"well_{name}": Case(20_016, potential(well), ("ours",)) for name, well in WELLS.items()},
    gpu_training.CASE: Case(0, complete, gpu_training.WAYS),
}
