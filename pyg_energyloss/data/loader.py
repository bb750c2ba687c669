"""Whole batches straight from the flat storage of an in-memory data set."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss.data.molecules import MoleculeDataset


class FlatLoader:
    """Yields the batches that PyG's ``DataLoader`` would, by array arithmetic.

    Collating 64 small molecules item by item costs as much as a small network's forward pass; this
    takes a tenth of that. It calls no per-item transform: with one, use PyG's loader.

    Args:
        dataset: Data set without a transform.
        batch_size: Graphs per batch; the last batch may be smaller.
        shuffle: Draw a new order for each pass, from ``seed`` and the number of the pass.
        seed: Seed of the order.
        drop_last: Leave out an incomplete last batch.

    Raises:
        ValueError: the data set has a per-item transform, or ``batch_size`` is below 1.
    """

    def __init__(
        self,
        dataset: MoleculeDataset,
        *,
        batch_size: int,
        shuffle: bool = False,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if dataset.transform is not None:
            raise ValueError(
                "`dataset` has a per-item `transform`, which this loader would skip; use "
                "torch_geometric.loader.DataLoader"
            )
        if batch_size < 1:
            raise ValueError(f"`batch_size` must be at least 1, got {batch_size}")
        self.dataset, self.batch_size, self.shuffle = dataset, batch_size, shuffle
        self.seed, self.drop_last = seed, drop_last
        self.passes = 0
        self._rows = torch.as_tensor(list(dataset.indices()))

    def __len__(self) -> int:
        full, rest = divmod(len(self._rows), self.batch_size)
        return full + (0 if self.drop_last else int(rest > 0))

    def __iter__(self) -> Iterator[Batch]:
        rows = self._rows
        if self.shuffle:
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.passes)
            rows = rows[torch.randperm(len(rows), generator=generator)]
        self.passes += 1
        for part in list(rows.split(self.batch_size))[: len(self)]:
            yield assemble(self.dataset, part)


def assemble(dataset: MoleculeDataset, rows: Tensor) -> Batch:
    """Make the PyG batch of the given rows of the data set's storage."""
    storage, slices = dataset._data, dataset.slices  # noqa: SLF001 - `.data` warns on access
    batch = Batch(_base_cls=Data)
    gathered: dict[Tensor, tuple[Tensor, Tensor]] = {}
    node_ptr = _ragged(slices["pos"], rows)[1]
    for key, value in storage.items():
        where, ptr = _ragged(slices[key], rows)
        dim = storage.__cat_dim__(key, value)
        part = value.index_select(dim, where)
        increment = torch.zeros_like(node_ptr[:-1])
        if "index" in key:
            increment = node_ptr[:-1]
            part = part + torch.repeat_interleave(increment, ptr[1:] - ptr[:-1])
        batch[key] = part
        gathered[key] = (ptr, increment)
    batch.batch = torch.repeat_interleave(torch.arange(len(rows)), node_ptr[1:] - node_ptr[:-1])
    batch.ptr = node_ptr
    batch._num_graphs = len(rows)  # noqa: SLF001 - what Batch.from_data_list sets
    batch._slice_dict = {key: ptr for key, (ptr, _) in gathered.items()}  # noqa: SLF001
    batch._inc_dict = {key: inc for key, (_, inc) in gathered.items()}  # noqa: SLF001
    return batch


def _ragged(ptr: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Positions of the elements of ``rows``, and their new ptr."""
    counts = (ptr[1:] - ptr[:-1])[rows]
    new = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
    return torch.arange(int(new[-1])) + torch.repeat_interleave(ptr[rows] - new[:-1], counts), new
