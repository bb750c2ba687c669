"""Diffusion and flow matching over atom positions and types, around any denoising network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data

from pyg_energyloss.degree import degree_of
from pyg_energyloss.generative.centre import centred, centred_noise
from pyg_energyloss.generative.parametrisation import degree_weight, per_node
from pyg_energyloss.generative.prediction import Prediction
from pyg_energyloss.generative.schedules import NoiseSchedule
from pyg_energyloss.generative.steps import Levels


class StructureLoss(Protocol):
    """Any structure loss that gives one value per graph."""

    def __call__(self, pos_pred: Tensor, data: Any) -> Tensor:
        """Return a value per graph [num_graphs] of ``pos_pred`` against ``data.pos``."""
        ...


class MoleculeDiffusion(nn.Module):
    """Noises molecules, and reads the molecule that a network sees in a noised one.

    Positions have zero centre of mass throughout. Atom types are noised as scaled one-hot vectors,
    with the same schedule. Flow matching is the schedule "flow".

    Args:
        denoiser: network ``(data) -> (positions [num_nodes, 3], types [num_nodes, types])`` of a
            batch with ``input_pos``, ``input_types`` and ``time``.
        elements: atomic numbers that the types stand for, in their order.
        schedule: time -> (α, σ).
        prediction: what the network's output means.
        type_scale: length of a type's one-hot vector; the smaller, the earlier in the noising a
            type is lost, so that positions are settled last.

    Raises:
        ValueError: ``elements`` is empty or has repetitions.

    Source: Hoogeboom et al., ICML 2022; arXiv 2511.02087, eqs 2-3, 11-14, A.7.
    """

    def __init__(
        self,
        denoiser: nn.Module,
        *,
        elements: Sequence[int],
        schedule: NoiseSchedule,
        prediction: Prediction,
        type_scale: float = 0.25,
    ) -> None:
        super().__init__()
        if not elements or len(set(elements)) != len(elements):
            raise ValueError(f"`elements` must be distinct atomic numbers, got {list(elements)}")
        self.denoiser, self.schedule, self.prediction = denoiser, schedule, prediction
        self.elements, self.type_scale = tuple(int(z) for z in elements), type_scale
        lookup = torch.full((max(self.elements) + 1,), -1)
        lookup[torch.tensor(self.elements)] = torch.arange(len(self.elements))
        self.register_buffer("lookup", lookup, persistent=False)

    def encode(self, z: Tensor) -> Tensor:
        """Return the scaled one-hot vectors [num_nodes, types] of atomic numbers [num_nodes]."""
        index = self.lookup[z]  # type: ignore[index] # a buffer
        return self.type_scale * nn.functional.one_hot(index, len(self.elements)).float()

    def decode(self, types: Tensor) -> Tensor:
        """Return the atomic numbers [num_nodes] that type vectors are nearest to."""
        return torch.tensor(self.elements, device=types.device)[types.argmax(-1)]

    def noised(self, data: Batch, time: Tensor, *, generator: torch.Generator) -> Batch:
        """Centre ``data.pos`` and add the network's inputs at a time per graph.

        Args:
            data: Batch with ``z``, ``pos``, ``batch``, ``ptr``; changed in place and returned.
            time: [num_graphs], 0 for the structure and 1 for noise.
            generator: Of the noise.
        """
        alpha, sigma = self._levels(time, data.batch)
        data.pos = centred(data.pos, data.batch, data.num_graphs)
        noise = centred_noise(data.batch, data.num_graphs, generator=generator)
        data.input_pos = alpha * data.pos + sigma * noise
        types = self.encode(data.z)
        drawn = torch.randn(types.shape, generator=generator, device=types.device)
        data.input_types = alpha * types + sigma * drawn
        data.time = time
        return data

    def denoised(self, data: Batch) -> tuple[Tensor, Tensor]:
        """Return the clean positions [num_nodes, 3] and types [num_nodes, types] of the network."""
        alpha, sigma = self._levels(data.time, data.batch)
        pos, types = self.denoiser(data)
        pos = centred(pos.float(), data.batch, data.time.numel())
        return (
            self.prediction.clean(pos, data.input_pos, alpha, sigma),
            self.prediction.clean(types.float(), data.input_types, alpha, sigma),
        )

    def losses(self, data: Batch, loss: StructureLoss) -> tuple[Tensor, Tensor]:
        """Return the weighted losses of positions and types, both [num_graphs].

        The structure loss is multiplied by the weight of the prediction, α²/σ² for noise, or by
        its root where the loss grows with the error and not with its square, see `degree_weight`;
        types have a mean squared error with the weight.

        Args:
            data: Batch from `noised`.
            loss: Structure loss with one value per graph.

        Raises:
            ValueError: the loss has reduced its values to something else.
        """
        pos, types = self.denoised(data)
        value = loss(pos, data)
        if value.shape != data.time.shape:
            raise ValueError(
                "`loss` must give one value per graph, got shape "
                f"{tuple(value.shape)} for {data.time.numel()} graphs; use reduction='none'"
            )
        alpha, sigma = self.schedule(data.time)
        error = (types - self.encode(data.z)).square().mean(-1)
        counts = data.ptr.diff().to(error.dtype)
        of_types = error.new_zeros(counts.shape).index_add(0, data.batch, error) / counts
        weight = self.prediction.weight(alpha, sigma)
        return degree_weight(weight, degree_of(loss)) * value, weight * of_types

    def start(self, counts: Tensor, *, generator: torch.Generator) -> Batch:
        """Return pure noise for molecules of ``counts`` atoms [num_graphs], at time 1."""
        ptr = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        batch = torch.repeat_interleave(torch.arange(len(counts), device=counts.device), counts)
        data = Batch(_base_cls=Data, batch=batch, ptr=ptr)
        data.input_pos = centred_noise(batch, len(counts), generator=generator)
        shape = (batch.numel(), len(self.elements))
        data.input_types = torch.randn(shape, generator=generator, device=batch.device)
        data.time = torch.ones(len(counts), device=batch.device)
        return data

    def _levels(self, time: Tensor, batch: Tensor) -> Levels:
        alpha, sigma = self.schedule(time)
        return per_node(alpha, batch), per_node(sigma, batch)
