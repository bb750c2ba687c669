"""Guide a sampler by restraints: pull its estimate of the structure into bounds at low noise."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from pyg_energyloss.generative.centre import centred
from pyg_energyloss.generative.parametrisation import per_node
from pyg_energyloss.restraints import Restraints, relax
from pyg_energyloss.restraints.energy import Potentials

#: Makes the terms of an estimate: (positions, atomic numbers, graph of every node) -> terms.
MakeTerms = Callable[[Tensor, Tensor, Tensor], Restraints]


@dataclass(frozen=True)
class Guide:
    """What `guidance` returns: call it with the sampler's estimate of the clean structure."""

    restraints: Restraints | MakeTerms
    start: float
    strength: float
    steps: int
    potential: Potentials

    def share(self, alpha: Tensor, sigma: Tensor) -> Tensor:
        """Return how much of the way to the relaxed structure is gone, shaped like the levels."""
        noise = sigma / alpha.clamp(min=torch.finfo(alpha.dtype).tiny)
        return self.strength * (1.0 - noise / self.start).clamp(min=0.0)

    def __call__(
        self, x0: Tensor, z: Tensor, batch: Tensor, *, alpha: Tensor, sigma: Tensor
    ) -> Tensor:
        """Return the estimate, moved towards the bounds of the terms.

        Args:
            x0: estimate of the clean positions [num_nodes, 3], in Å.
            z: atomic numbers, as estimated [num_nodes].
            batch: graph of every node [num_nodes].
            alpha: α of the noising of each graph [num_graphs].
            sigma: σ of it [num_graphs], in Å.

        Returns:
            [num_nodes, 3], with the centre of mass of ``x0``; ``x0`` itself where the noise is
            above the start.
        """
        share = self.share(alpha, sigma)
        if not bool((share > 0).any()):
            return x0
        made = self.restraints
        terms = made if isinstance(made, Restraints) else made(x0, z, batch)
        graphs = alpha.numel()
        relaxed = relax(
            x0,
            terms.to(x0.device),
            batch=batch,
            num_graphs=graphs,
            steps=self.steps,
            potential=self.potential,
        )
        return x0 + per_node(share, batch) * centred(relaxed - x0, batch, graphs)


def guidance(
    restraints: Restraints | MakeTerms,
    *,
    start: float = 0.3,
    strength: float = 1.0,
    steps: int = 50,
    potential: Potentials = None,
) -> Guide:
    r"""Return a guide, for `sample` or for a sampler of another program.

    .. math:: \hat x_0 \leftarrow \hat x_0 + s(t)\,(\mathrm{relax}(\hat x_0) - \hat x_0), \quad
              s = s_0 \max\bigl(0,\, 1 - \tfrac{\sigma}{\alpha\, \sigma_0}\bigr)

    Nothing happens while the noise-to-signal ratio σ/α is above ``start``, where the estimate is a
    mean of many structures; from there to no noise the share rises linearly to the strength. A
    program of another make calls the guide with its estimate of the clean structure and the levels
    of its noise; one that holds x_t = x_0 + σ ε has α = 1.

    Args:
        restraints: the terms of the batch, if the molecular graph is known, or what makes them of
            an estimate, such as `perceived_terms`.
        start: σ₀, in Å.
        strength: s₀, the share at no noise.
        steps: of `relax`, at most.
        potential: as in `restraint_energy`.

    Raises:
        ValueError: an option is not positive.

    >>> bond = Restraints.of("bond", [(0, 1)], [(1.0, 1.0)])
    >>> pair, one = torch.tensor([[0.0, 0, 0], [2.0, 0, 0]]), torch.ones(1)
    >>> guide, graph = guidance(bond, start=1.0), torch.tensor([0, 0])
    >>> half = guide(pair, torch.tensor([1, 1]), graph, alpha=one, sigma=0.5 * one)
    >>> half.diff(dim=0).norm().round(decimals=1)
    tensor(1.5000)

    Source: guidance of the estimate x̂₀ by a gradient: Chung et al., "Diffusion posterior sampling",
    ICLR 2023; potentials on predicted structures at low noise: Wohlwend et al., "Boltz-1", bioRxiv
    2024. Here the step is a relaxation, so it needs no gradient through the network.
    """
    for name, value in (("start", start), ("strength", strength), ("steps", steps)):
        if not value > 0:
            raise ValueError(f"`{name}` must be positive, got {value}")
    return Guide(restraints, start, strength, steps, potential)


def perceived_terms(pos: Tensor, z: Tensor, batch: Tensor) -> Restraints:
    """Return the terms of the molecules that RDKit reads in a batch of structures.

    For generators without a molecular graph. A structure that is no molecule gets no terms.

    Args:
        pos: positions [num_nodes, 3], in Å.
        z: atomic numbers [num_nodes].
        batch: graph of every node [num_nodes], sorted.

    Raises:
        ImportError: RDKit is missing.

    >>> hydrogen = torch.tensor([[0.0, 0, 0], [0.7, 0, 0]])
    >>> len(perceived_terms(hydrogen, torch.tensor([1, 1]), torch.tensor([0, 0])))
    1
    """
    from torch_geometric.data import Data

    from pyg_energyloss.metrics.generated.perception import bonds_by_rdkit
    from pyg_energyloss.restraints import from_rdkit

    parts, offsets, first = [], [], 0
    for size in torch.bincount(batch).tolist():
        nodes = slice(first, first + size)
        mol = bonds_by_rdkit(Data(z=z[nodes], pos=pos[nodes])) if size else None
        first += size
        if mol is None:
            continue
        # What RDKit reads in noise may be a molecule that cannot be.
        with contextlib.suppress(ValueError):
            parts.append(from_rdkit(mol))
            offsets.append(nodes.start)
    return Restraints.cat(parts, offsets=offsets)
