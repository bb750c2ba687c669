"""Whether a crystal was found: match rate and RMSD of CDVAE, METRe, cRMSE, errors of lattices."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.data import Data

from pyg_energyloss.losses import PairEnergyLoss

#: Atoms nearer than this, in Å, or a cell smaller than this, in Å³, make a prediction invalid.
LEAST_DISTANCE, LEAST_VOLUME = 0.5, 0.1


class CrystalEvaluator:
    """Compare predicted crystals with the true ones through pymatgen's StructureMatcher.

    Args:
        stol: Largest displacement of a site, in units of (volume / atoms)^(1/3).
        angle_tol: Largest difference of a lattice angle, in degrees.
        ltol: Largest relative difference of a lattice length.

    Source: Xie et al., "Crystal Diffusion Variational Autoencoder", ICLR 2022, with its
    tolerances. Of its checks of validity the geometric one is here; the composition is given.
    """

    def __init__(self, *, stol: float = 0.5, angle_tol: float = 10.0, ltol: float = 0.3) -> None:
        self.stol, self.angle_tol, self.ltol = stol, angle_tol, ltol

    def __call__(
        self, pos_pred: Tensor, data: Data, cell_pred: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Evaluate a batch.

        Args:
            pos_pred: Predicted positions [num_nodes, 3], Å.
            data: Batch with ``pos``, ``z``, ``cell``, ``ptr``.
            cell_pred: Predicted lattice vectors [num_graphs, 3, 3], Å; None means the true ones.

        Returns:
            For each graph [num_graphs] ``match`` (1 or 0) and ``rmsd`` (in units of the mean
            spacing, NaN where there is no match), ``distance_mae`` (of all images within 2.4 mean
            spacings, Å), and with a predicted lattice ``length_mae`` (Å), ``angle_mae`` (degrees)
            and ``volume_error`` (share).

        Raises:
            ImportError: pymatgen is missing.
        """
        return {
            **self.pairs(crystals(pos_pred, data, cell_pred), crystals(data.pos, data)),
            "distance_mae": distance_errors(pos_pred, data, cell_pred),
            **({} if cell_pred is None else lattice_errors(cell_pred, data.cell)),
        }

    def pairs(self, predicted: Sequence[Any], true: Sequence[Any]) -> dict[str, Tensor]:
        """Match each prediction with its own true crystal: ``match`` and ``rmsd`` [num_crystals].

        Args:
            predicted: pymatgen structures, from `crystals`; None for what is not valid.
            true: pymatgen structures, as many.

        Raises:
            ImportError: pymatgen is missing.
        """
        matcher = self._matcher()
        found = [_rms(matcher, p, t) for p, t in zip(predicted, true, strict=True)]
        rmsd = torch.tensor(found, dtype=torch.float64)
        return {"match": (~rmsd.isnan()).double(), "rmsd": rmsd}

    def everyone(self, predicted: Sequence[Any], true: Sequence[Any]) -> dict[str, float]:
        """Match every prediction with every true crystal of its composition.

        Args:
            predicted: pymatgen structures, from `crystals`; None for what is not valid.
            true: pymatgen structures.

        Returns:
            ``metre``, the share of true crystals that some prediction matches, and ``crmse``, the
            mean over true crystals of the least RMSD, ``stol`` where nothing matches.

        Raises:
            ImportError: pymatgen is missing.

        Source: Martirossyan et al., arXiv 2509.12178.
        """
        matcher = self._matcher(primitive_cell=False)
        ready = [None if s is None else s.get_primitive_structure() for s in predicted]
        least = []
        for crystal in true:
            whole = crystal.get_primitive_structure()
            kind = whole.composition.reduced_formula
            # Without supercells, primitive cells of other sizes never match.
            fitting = [
                s
                for s in ready
                if s is not None and len(s) == len(whole) and s.composition.reduced_formula == kind
            ]
            values = [_rms(matcher, s, whole) for s in fitting]
            least.append(np.nanmin([*values, np.inf]))
        rms = np.array(least)
        matched = np.isfinite(rms)
        return {
            "metre": float(matched.mean()),
            "crmse": float(np.where(matched, rms, self.stol).mean()),
        }

    def _matcher(self, **options: Any) -> Any:
        try:
            from pymatgen.analysis.structure_matcher import StructureMatcher
        except ImportError as error:
            raise ImportError(
                "matching crystals needs pymatgen: pip install 'pyg-energyloss[crystals]'"
            ) from error
        return StructureMatcher(stol=self.stol, angle_tol=self.angle_tol, ltol=self.ltol, **options)


def crystals(pos: Tensor, data: Data, cell: Tensor | None = None) -> list[Any]:
    """Return pymatgen structures, None for what is no crystal.

    Args:
        pos: Positions [num_nodes, 3], Å.
        data: Batch with ``z``, ``cell``, ``ptr``.
        cell: Lattice vectors [num_graphs, 3, 3], Å; None means those of ``data``.
    """
    from pymatgen.core.lattice import Lattice
    from pymatgen.core.structure import Structure

    lattice = (data.cell if cell is None else cell).detach().cpu().double().numpy()
    places, bounds = pos.detach().cpu().double().numpy(), data.ptr.tolist()
    z = data.z.cpu().numpy()
    found: list[Any] = []
    for graph in range(len(lattice)):
        part = slice(bounds[graph], bounds[graph + 1])
        if not _is_valid(lattice[graph], places[part]):
            found.append(None)
            continue
        found.append(
            Structure(Lattice(lattice[graph]), z[part], places[part], coords_are_cartesian=True)
        )
    return found


def distance_errors(pos_pred: Tensor, data: Data, cell_pred: Tensor | None = None) -> Tensor:
    """Mean absolute error of the distances to all images within 2.4 mean spacings [num_graphs], Å.

    >>> crystal = Data(pos=torch.zeros(1, 3), cell=2 * torch.eye(3)[None])
    >>> distance_errors(crystal.pos, crystal, cell_pred=2.2 * torch.eye(3)[None]) > 0.2
    tensor([True])
    """
    loss = PairEnergyLoss("constant", potential="absolute", normalize="pairs", reduction="none")
    error: Tensor = loss(pos_pred.double(), data, cell_pred=cell_pred)
    return error.detach().cpu().double()


def lattice_errors(cell_pred: Tensor, cell: Tensor) -> dict[str, Tensor]:
    """Errors of lattice lengths (Å), angles (degrees) and volumes (share), each [num_graphs].

    >>> errors = lattice_errors(2.2 * torch.eye(3)[None], 2 * torch.eye(3)[None])
    >>> {name: round(value.item(), 3) for name, value in errors.items()}
    {'length_mae': 0.2, 'angle_mae': 0.0, 'volume_error': 0.331}
    """
    (length, angle, volume), (true_length, true_angle, true_volume) = (
        _parameters(value.detach().cpu().double()) for value in (cell_pred, cell)
    )
    return {
        "length_mae": (length - true_length).abs().mean(dim=1),
        "angle_mae": (angle - true_angle).abs().mean(dim=1),
        "volume_error": (volume - true_volume).abs() / true_volume,
    }


def _parameters(cell: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    length = cell.norm(dim=2)
    unit = cell / length[:, :, None]
    cosine = (unit.roll(1, dims=1) * unit.roll(2, dims=1)).sum(dim=2)
    return length, torch.rad2deg(cosine.clamp(-1, 1).acos()), torch.linalg.det(cell).abs()


def _is_valid(cell: NDArray[np.float64], pos: NDArray[np.float64]) -> bool:
    if not (np.isfinite(cell).all() and np.isfinite(pos).all()):
        return False
    if abs(np.linalg.det(cell)) < LEAST_VOLUME:
        return False
    from pymatgen.core.lattice import Lattice

    lattice = Lattice(cell)
    fraction = lattice.get_fractional_coords(pos)
    distance = lattice.get_all_distances(fraction, fraction)
    return bool((distance[np.triu_indices(len(pos), 1)] >= LEAST_DISTANCE).all())


def _rms(matcher: Any, predicted: Any, true: Any) -> float:
    """The RMSD in units of the mean spacing, NaN if the two do not match."""
    if predicted is None:
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = matcher.get_rms_dist(predicted, true)
    return float("nan") if found is None else float(found[0])
