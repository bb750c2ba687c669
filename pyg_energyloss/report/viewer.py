"""Structures to turn with the mouse: the true one beside what each model predicted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch_geometric.data import Data

from pyg_energyloss.data.elements import SYMBOLS
from pyg_energyloss.losses import PairEnergyLoss
from pyg_energyloss.metrics.rmsd import best_permutation, best_rmsd, generators, superpose

_SCRIPT = Path(__file__).with_name("viewer.js")


def viewer_html(results: Sequence[Mapping[str, Any]], folders: Sequence[Path]) -> str:
    """Return the HTML of the viewer; plotly's script must be on the page already.

    Args:
        results: Results of runs that looked at the same test molecules.
        folders: Their folders, with ``structures.npz``.
    """
    data: dict[str, Any] = {"molecules": [], "predictions": {}}
    for result, folder in zip(results, folders, strict=True):
        with np.load(folder / "structures.npz", allow_pickle=False) as stored:
            arrays = dict(stored)
        if not data["molecules"]:
            data["molecules"] = _molecules(arrays)
        spec = result["spec"]
        data["predictions"][f"{spec['model']} + {spec['loss']}"] = _predictions(arrays)
    payload = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
    from plotly.offline import get_plotlyjs

    return (
        f"<script>{get_plotlyjs()}</script>"
        '<div class="viewer"><p><label>molecule <select id="pel-molecule"></select></label> '
        '<label>prediction <select id="pel-prediction"></select></label> '
        '<span id="pel-note" class="note"></span></p><div id="pel-scene"></div></div>'
        f'<script type="application/json" id="pel-data">{payload}</script>'
        f"<script>{_SCRIPT.read_text()}</script>"
    )


def atom_energies(predicted: NDArray[np.float64], true: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy of the springs at each atom, [num_atoms]: half of each spring to either end.

    Complete graph, exponential stiffness; the sum is `functional.complete_pair_energy`.
    """
    loss = PairEnergyLoss("exponential", edges="complete")
    data = Data(pos=torch.from_numpy(true))
    energy: NDArray[np.float64] = loss.atom_energies(torch.from_numpy(predicted), data).numpy()
    return energy


def _parts(arrays: Mapping[str, NDArray[Any]]) -> list[dict[str, NDArray[Any]]]:
    bonds, ptr = arrays["bonds"], arrays["ptr"]
    owner = np.searchsorted(ptr, bonds[0], side="right") - 1
    return [
        {
            "z": arrays["z"][start:stop],
            "pos_true": arrays["pos_true"][start:stop].astype(float),
            "pos_pred": arrays["pos_pred"][start:stop].astype(float),
            "bonds": bonds[:, owner == i] - start,
        }
        for i, (start, stop) in enumerate(pairwise(ptr))
    ]


def _molecules(arrays: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{_formula(part['z'])} (test molecule {i + 1})",
            "elements": [SYMBOLS[int(z)] for z in part["z"]],
            "bonds": part["bonds"].T.tolist(),
            "pos": part["pos_true"].round(3).tolist(),
        }
        for i, part in enumerate(_parts(arrays))
    ]


def _predictions(arrays: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    for part in _parts(arrays):
        predicted, true = part["pos_pred"], part["pos_true"]
        if not np.isfinite(predicted).all():
            shown.append({"pos": None})
            continue
        group = generators(part["z"], part["bonds"])
        relabelled = true[best_permutation(predicted, true, group)]
        shown.append(
            {
                "pos": superpose(predicted, relabelled).round(3).tolist(),
                "energy": atom_energies(predicted, true).round(4).tolist(),
                "rmsd": round(best_rmsd(predicted, true, group), 3),
            }
        )
    return shown


def _formula(z: NDArray[np.int64]) -> str:
    symbols = [SYMBOLS[int(number)] for number in z]
    counts = {s: symbols.count(s) for s in sorted(set(symbols), key=lambda s: (s != "C", s))}
    return "".join(s + (str(n) if n > 1 else "") for s, n in counts.items())
