"""Many spin systems on one lattice, with their ground states, as PyG data."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.utils import to_undirected

from pyg_energyloss.spins.lattice import lattice_shape, square_lattice


@dataclass(frozen=True)
class SpinSystems:
    """Random couplings on one rectangular lattice and the exact ground state of each.

    Attributes:
        shape: rows and columns of the lattice.
        periodic: whether the edges are joined.
        coupling: J, [num_systems, num_bonds], in the order of `square_lattice`; float32.
        spins: ground states, first spin +1, [num_systems, num_nodes]; int8.
        energy: ground-state energies, [num_systems]; float64.
        seed: what the couplings were drawn from.
    """

    shape: tuple[int, int]
    periodic: bool
    coupling: Tensor
    spins: Tensor
    energy: Tensor
    seed: int

    def __len__(self) -> int:
        return self.coupling.size(0)

    @property
    def num_nodes(self) -> int:
        """Spins of one system."""
        return self.shape[0] * self.shape[1]

    @property
    def edge_index(self) -> Tensor:
        """Bonds of one system, each once, [2, num_bonds]."""
        return square_lattice(self.shape, periodic=self.periodic)

    def __getitem__(self, index: int) -> Data:
        """Return one system: bonds both ways, J on ``edge_attr``, the ground state in ``y``."""
        edge_index, coupling = to_undirected(self.edge_index, self.coupling[index])
        return Data(
            edge_index=edge_index,
            edge_attr=coupling,
            y=self.spins[index].float(),
            energy=self.energy[index].reshape(1),
            num_nodes=self.num_nodes,
        )

    def batch(self, index: Tensor | Sequence[int]) -> Data:
        """Return systems as one batch, bonds once each; much faster than collating them.

        Args:
            index: which systems, [num_graphs].

        Returns:
            Data with `edge_index`, `edge_attr`, `y`, `energy`, `batch`, `ptr` and `num_graphs`.
        """
        index = torch.as_tensor(index)
        count, nodes = len(index), self.num_nodes
        offset = nodes * torch.arange(count).view(-1, 1, 1)
        edge_index = (self.edge_index + offset).permute(1, 0, 2).reshape(2, -1)
        data = Data(
            edge_index=edge_index,
            edge_attr=self.coupling[index].reshape(-1),
            y=self.spins[index].reshape(-1).float(),
            energy=self.energy[index],
            batch=torch.arange(count).repeat_interleave(nodes),
            ptr=nodes * torch.arange(count + 1),
            num_nodes=nodes * count,
        )
        data.num_graphs = count
        return data

    def subset(self, index: slice) -> SpinSystems:
        """Return some of the systems."""
        return SpinSystems(
            self.shape,
            self.periodic,
            self.coupling[index],
            self.spins[index],
            self.energy[index],
            self.seed,
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the systems as an npz archive, atomically; nothing in it is pickled."""
        from pyg_energyloss.files import write_bytes

        about = {"shape": self.shape, "periodic": self.periodic, "seed": self.seed, "format": 1}
        stream = io.BytesIO()
        np.savez_compressed(
            stream,
            about=np.frombuffer(json.dumps(about).encode(), dtype=np.uint8),
            coupling=self.coupling.numpy(),
            spins=self.spins.numpy(),
            energy=self.energy.numpy(),
        )
        return write_bytes(path, stream.getvalue())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> SpinSystems:
        """Read systems that `save` wrote.

        Raises:
            ValueError: the file is something else.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                about: dict[str, Any] = json.loads(archive["about"].tobytes())
                parts = {k: torch.from_numpy(archive[k]) for k in ("coupling", "spins", "energy")}
            rows, columns = lattice_shape(tuple(about["shape"]))
            return cls((rows, columns), about["periodic"], seed=about["seed"], **parts)
        except FileNotFoundError:
            raise
        except Exception as error:
            raise ValueError(
                f"`path` {os.fspath(path)!r} does not hold spin systems written by save(): {error}"
            ) from error
