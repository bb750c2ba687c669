"""Restraints as a PyG transform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from pyg_energyloss.restraints import Restraints, from_data


@functional_transform("restraints")
class RestraintTransform(BaseTransform):
    """Add the terms of a structure: ``restraint_index``, ``restraint_bounds`` and so on.

    Best as ``pre_transform``: the terms depend on the structure alone. `RestraintLoss` reads them;
    "index" in the name makes PyG batch them rightly.

    Args:
        make: what makes the terms of one structure; by default `from_data`.
        **options: of `from_data`, as ``kinds=("chirality", "double_bond")`` or ``slack=0.1``.

    Raises:
        TypeError: options are given together with ``make``.

    Example:
        >>> import torch
        >>> data = Data(pos=torch.rand(2, 3), edge_index=torch.tensor([[0, 1], [1, 0]]))
        >>> RestraintTransform()(data).restraint_index[:, 0].tolist()
        [0, 1, 0, 0, 0]
    """

    def __init__(self, make: Callable[..., Restraints] | None = None, **options: Any) -> None:
        if make is not None and options:
            raise TypeError(
                f"`make` is given, so {', '.join(options)} must be given to it, not here"
            )
        self.make, self.options = make or from_data, options

    def forward(self, data: Data) -> Data:
        """Make and attach the terms of one structure."""
        stored: Data = self.make(data, **self.options).to(data.pos.device).store(data)
        return stored

    def __repr__(self) -> str:
        """What PyG compares to see whether ``pre_transform`` has changed."""
        shown = [getattr(self.make, "__name__", repr(self.make))]
        shown += [f"{name}={value!r}" for name, value in self.options.items()]
        return f"{type(self).__name__}({', '.join(shown)})"
