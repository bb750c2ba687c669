"""`ase.Atoms` to PyG `Data` and back, with cells, tags and fixed atoms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from ase import Atoms
from ase.constraints import FixAtoms
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import Data

#: Per-atom arrays of ASE that travel by themselves; others are named by the caller.
ARRAYS = ("initial_charges", "initial_magmoms", "masses", "momenta", "tags")


def atoms_to_data(
    atoms: Atoms,
    *,
    arrays: Sequence[str] = (),
    info: Sequence[str] = (),
    dtype: torch.dtype = torch.float32,
) -> Data:
    """Turn an ASE structure into a PyG graph without edges.

    Args:
        atoms: the structure, Å.
        arrays: further entries of ``atoms.arrays`` to keep, beside those of ASE itself.
        info: entries of ``atoms.info`` to keep.
        dtype: of every floating-point tensor.

    Returns:
        `Data` with ``z`` [num_nodes], ``pos`` [num_nodes, 3], ``cell`` [1, 3, 3], ``pbc`` [1, 3],
        ``tags``, momenta and the like where the structure has them, ``fixed`` [num_nodes] if atoms
        are fixed, ``energy`` [1] and ``forces`` [num_nodes, 3] if they have been calculated.

    Raises:
        KeyError: a name in ``arrays`` or ``info`` is not there.

    >>> data = atoms_to_data(Atoms("OH", [[0, 0, 0], [0, 0, 1]], tags=[1, 2]))
    >>> data.z.tolist(), data.tags.tolist(), tuple(data.cell.shape)
    ([8, 1], [1, 2], (1, 3, 3))
    """
    _require(arrays, atoms.arrays, "arrays")
    _require(info, atoms.info, "info")

    def tensor(values: Any) -> Tensor:
        found = torch.from_numpy(np.array(values))
        return found.to(dtype) if found.is_floating_point() else found

    fields: dict[str, Any] = {
        "z": tensor(atoms.numbers).long(),
        "pos": tensor(atoms.positions),
        "cell": tensor(atoms.cell.array[None]),
        "pbc": tensor(atoms.pbc[None]),
    }
    for name in (*ARRAYS, *arrays):
        if name in atoms.arrays:
            fields[name] = tensor(atoms.arrays[name])
    for name in info:
        value = atoms.info[name]
        fields[name] = value if isinstance(value, str) else tensor(value)[None]
    fixed = [c.get_indices() for c in atoms.constraints if isinstance(c, FixAtoms)]
    if fixed:
        mask = np.zeros(len(atoms), dtype=bool)
        mask[np.concatenate(fixed)] = True
        fields["fixed"] = tensor(mask)
    results = getattr(atoms.calc, "results", {}) if atoms.calc is not None else {}
    if "energy" in results:
        fields["energy"] = tensor([float(results["energy"])])
    if "forces" in results:
        fields["forces"] = tensor(results["forces"])
    return Data(**fields)


def data_to_atoms(data: Data, *, pos: Tensor | None = None, arrays: Sequence[str] = ()) -> Atoms:
    """Turn one PyG graph into an ASE structure; the inverse of `atoms_to_data`.

    Args:
        data: one graph with ``z`` and ``pos``.
        pos: positions [num_nodes, 3] instead of ``data.pos``, a prediction for instance.
        arrays: further per-atom tensors of ``data`` to keep, beside those of ASE itself.

    Returns:
        The structure; a cell of zeros is no cell.

    Raises:
        ValueError: ``data`` holds several graphs, has no ``z`` or no positions.

    >>> data_to_atoms(Data(z=torch.tensor([8, 1]), pos=torch.eye(3)[:2])).get_chemical_formula()
    'HO'
    """
    found = batch_to_atoms(data, pos=pos, arrays=arrays)
    if len(found) != 1:
        raise ValueError(
            f"`data` must be one graph, got a batch of {len(found)}; use `batch_to_atoms`"
        )
    return found[0]


def batch_to_atoms(
    data: Data, *, pos: Tensor | None = None, arrays: Sequence[str] = ()
) -> list[Atoms]:
    """Turn a PyG batch into a list of ASE structures, one per graph.

    Args:
        data: a `Batch`, or one `Data`.
        pos: positions [num_nodes, 3] instead of ``data.pos``, predictions for instance.
        arrays: further per-atom tensors of ``data`` to keep, beside those of ASE itself.

    Returns:
        One structure per graph, also for graphs without atoms.

    Raises:
        KeyError: a name in ``arrays`` is not there.
        ValueError: ``data`` has no ``z``, no positions, or the shapes do not agree.
    """
    z = atomic_numbers(data)
    positions = _positions(data, pos, len(z))
    stored = {key: data[key] for key in data.keys()}  # noqa: SIM118 - Data is no mapping
    _require(arrays, stored, "arrays")
    per_atom = {key: _numpy(stored[key]) for key in (*ARRAYS, *arrays) if key in stored}
    slices = graph_nodes(data)
    cells, pbcs = _cells(stored.get("cell"), stored.get("pbc"), len(slices))
    structures = []
    for nodes, cell, pbc in zip(slices, cells, pbcs, strict=True):
        atoms = Atoms(z[nodes], positions[nodes], cell=cell, pbc=pbc)
        for key, values in per_atom.items():
            atoms.set_array(key, values[nodes])
        if "fixed" in stored:
            atoms.set_constraint(FixAtoms(mask=_numpy(stored["fixed"])[nodes].astype(bool)))
        structures.append(atoms)
    return structures


def graph_nodes(data: object) -> list[NDArray[np.intp]]:
    """Node numbers of each graph; without ``data.batch`` all nodes belong to one graph."""
    batch = getattr(data, "batch", None)
    if batch is None:
        return [np.arange(len(atomic_numbers(data)))]
    graph = _numpy(batch)
    count = int(getattr(data, "num_graphs", None) or (graph.max() + 1 if len(graph) else 0))
    order = np.argsort(graph, kind="stable")
    return np.split(order, np.cumsum(np.bincount(graph, minlength=count))[:-1])


def atomic_numbers(data: object) -> NDArray[np.int64]:
    """Atomic numbers ``data.z`` as an array; ValueError if there are none."""
    z = getattr(data, "z", None)
    if z is None:
        raise ValueError(
            "`data` must have atomic numbers as `data.z` [num_nodes], got none; "
            "the data sets of torch_geometric.datasets with 3D structures have them"
        )
    return _numpy(z).astype(np.int64)


def _positions(data: object, pos: Tensor | None, size: int) -> NDArray[np.float64]:
    pos = getattr(data, "pos", None) if pos is None else pos
    if pos is None:
        raise ValueError("`data` must have positions as `data.pos`, or pass `pos`; got neither")
    if tuple(pos.shape) != (size, 3):
        raise ValueError(f"`pos` must have shape ({size}, 3), got {tuple(pos.shape)}")
    return _numpy(pos).astype(np.float64)


def _cells(cell: Tensor | None, pbc: Tensor | None, count: int) -> tuple[list[Any], list[Any]]:
    if cell is None:
        return [None] * count, [False] * count
    cells = list(_numpy(cell).astype(np.float64).reshape(-1, 3, 3))
    if len(cells) != count:
        raise ValueError(
            f"`data.cell` must have shape ({count}, 3, 3), one cell per graph; "
            f"got {tuple(cell.shape)}"
        )
    if pbc is None:
        return cells, [bool(one.any()) for one in cells]
    return cells, list(_numpy(pbc).astype(bool).reshape(count, 3))


def _numpy(tensor: Tensor) -> NDArray[Any]:
    found: NDArray[Any] = tensor.detach().cpu().numpy()
    return found


def _require(names: Sequence[str], where: Any, argument: str) -> None:
    missing = [name for name in names if name not in where]
    if missing:
        raise KeyError(f"`{argument}` names {', '.join(missing)}, which the structure has not")
