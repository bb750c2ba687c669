"""Several problems that differ in their tensors as one with more graphs, for torch.func.vmap."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.engine.problem import Problem
from pyg_energyloss.radial import RadialForm, TableForm


class Stack:
    """Copies of a problem whose tensors may be stacked along one dimension.

    Args:
        copies: how many.
        problem: what they share: graphs, edges, laws.
        pos: positions of one, or of all.
        dim: the dimension along which `pos` is stacked, or None.
    """

    def __init__(self, copies: int, problem: Problem, pos: Tensor, dim: int | None) -> None:
        self.copies = copies
        self.nodes = pos.size(0) if dim is None else pos.movedim(dim, 0).size(1)
        graphs, edge_index = problem.num_graphs, problem.edge_index
        number = torch.arange(copies, device=pos.device)
        batch = number.new_zeros(self.nodes) if problem.batch is None else problem.batch
        if edge_index is not None:
            edge_index = (edge_index[:, None] + self.nodes * number[:, None]).flatten(1)
        self.problem = replace(
            problem,
            batch=(batch + graphs * number[:, None]).flatten(),
            num_graphs=graphs * copies,
            edge_index=edge_index,
            law=self._law(problem.law),
        )

    def _law(self, law: Any) -> Any:
        if law is None or isinstance(law, RadialForm):
            return law
        if isinstance(law, TableForm):
            return TableForm(law.radial, law.table, law.kind.repeat(self.copies))
        nodes = self.nodes

        def of_one(distance: Tensor, source: Tensor, target: Tensor) -> Tensor:
            k: Tensor = law(distance, source % nodes, target % nodes)
            return k

        return of_one

    def flat(self, value: Tensor | None, dim: int | None) -> Tensor | None:
        """Return a tensor of all copies, one after the other."""
        if value is None:
            return None
        stacked = value.expand(self.copies, *value.shape) if dim is None else value.movedim(dim, 0)
        return stacked.flatten(0, 1).contiguous()

    def apart(self, value: Tensor) -> Tensor:
        """Return a result of all copies with one more dimension in front."""
        parts: Tensor = value.unflatten(0, (self.copies, -1))
        return parts
