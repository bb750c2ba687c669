"""Batches of a data set: by array arithmetic, or item by item through its transform."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss.data.molecules import MoleculeDataset
from pyg_energyloss.samplers.streams import repeatable


class FlatLoader:
    """Yields the batches that PyG's ``DataLoader`` would, by array arithmetic.

    Collating 64 small molecules item by item costs as much as a small network's forward pass; this
    takes a tenth of that. A data set with a transform (`RigidEdgeTransform`, say) is collated item
    by item, the transform called anew in every pass; what it draws depends on ``seed``, the pass
    and the batch alone.

    Args:
        dataset: Molecules, with or without a per-item transform.
        batch_size: Graphs per batch; the last batch may be smaller.
        shuffle: Draw a new order for each pass, from ``seed`` and the number of the pass.
        seed: Seed of the order, and of what the transform draws.
        drop_last: Leave out an incomplete last batch.

    Raises:
        ValueError: ``batch_size`` is below 1.
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
        self.passes += 1
        yield from self._batches(self.passes - 1, 0)

    def stream(self, start: int = 0) -> Iterator[Batch]:
        """Batches without end, pass after pass, from the batch of this number on.

        Those before are not made. A batch depends on the seed and its number alone, so that a
        resumed run sees what an uninterrupted one would have seen.
        """
        passes, skip = divmod(start, len(self))
        while True:
            yield from self._batches(passes, skip)
            passes, skip = passes + 1, 0

    def _batches(self, passes: int, skip: int) -> Iterator[Batch]:
        rows = self._rows
        if self.shuffle:
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + passes)
            rows = rows[torch.randperm(len(rows), generator=generator)]
        parts = list(rows.split(self.batch_size))[: len(self)]
        for index in range(skip, len(parts)):
            yield assemble(self.dataset, parts[index], words=(self.seed, passes, index))


def assemble(dataset: MoleculeDataset, rows: Tensor, *, words: Sequence[int] = (0,)) -> Batch:
    """Make the PyG batch of the given rows of the data set's storage, through its transform.

    Args:
        dataset: The molecules.
        rows: Which of them, [num_graphs].
        words: Whole numbers of at least 0 on which the draws of the transform depend.
    """
    if dataset.transform is not None:
        with repeatable(*words):
            return Batch.from_data_list(
                [dataset.transform(dataset.get(row)) for row in rows.tolist()]
            )
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
