"""DiffCSP: its model, with the energy of crystals beside its squared error on scores.

``+eloss=diffcsp`` makes ``model._target_`` the subclass `EnergyCSPDiffusion` of DiffCSP's own
model, which adds one term to the loss while training; the class is made when it is first asked for.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.hosts import FlatLoss, MissingContextError, batch_context


class CrystalScoreEnergy(torch.nn.Module):
    r"""Score the crystals that predicted scores on the torus stand for.

    .. math:: \hat x = x_t - \sigma^2 \sqrt{\nu}\, s, \qquad
              L = \frac1B \sum_{\sigma \le \sigma_{max}} \frac{E(\hat x)}{\sigma^4 \nu V^{2/3}}

    With the true score of a wrapped normal this is the mean of x over its images, which is x itself
    where the noise is narrow in the cell. Where it is wide the images cannot be told apart, and a
    score stands for no structure: such crystals keep DiffCSP's own error alone.

    Args:
        loss: name of a registered structure loss; E, with all images within its cutoff.
        options: options of that loss.
        weight: factor of the result.
        widest: largest noise level at which the energy counts, in cells. DiffCSP's levels are 0.005
            to 0.5, so that 0.1 is 65 % of the times; up to there the true score gives x to 1e-2 of
            a cell for all but 1 in 10 000 displacements.

    Raises:
        ValueError: a level or an option of the loss is wrong.

    Source: arXiv 2511.02087, eq 7; DiffCSP: Jiao et al., NeurIPS 2023, eqs 7 to 9.
    """

    def __init__(
        self,
        *,
        loss: str = "pair_energy",
        options: Mapping[str, Any] | None = None,
        weight: float = 1.0,
        widest: float = 0.1,
    ) -> None:
        super().__init__()
        if not float(widest) > 0.0:
            raise ValueError(f"`widest` must be a positive part of a cell, got {widest!r}")
        self.loss = FlatLoss(loss, options=dict(options or {}), weight=weight, reduction="sum")
        self.widest = float(widest)

    def forward(  # noqa: PLR0917 - the tensors of DiffCSP's own loss
        self,
        score: Tensor,
        noisy: Tensor,
        true: Tensor,
        cell: Tensor,
        sigma: Tensor,
        norm: Tensor,
        batch: Tensor,
    ) -> Tensor:
        """Return the mean over crystals, where those with wide noise count as zero.

        Args:
            score: what the network gives, the score over the root of ``norm`` [num_nodes, 3].
            noisy: fractional positions with noise [num_nodes, 3].
            true: fractional positions [num_nodes, 3].
            cell: lattice vectors as rows [num_crystals, 3, 3], Å.
            sigma: noise level of each crystal [num_crystals], in cells.
            norm: mean square of the score at that level [num_crystals].
            batch: crystal of each atom [num_nodes].
        """
        chosen = sigma <= self.widest
        rows = chosen[batch]
        graph = (chosen.long().cumsum(0) - 1)[batch[rows]]
        cell, sigma, norm, count = cell[chosen], sigma[chosen], norm[chosen], len(chosen)
        if len(cell) == 0:
            return 0.0 * score.sum()
        step = (sigma.square() * norm.sqrt())[graph, None]
        denoised, lattice = noisy[rows] - step * score[rows], cell[graph]
        # DiffCSP's squared error on the score, as one on positions: in Å by the cell's size.
        size = torch.linalg.det(cell).abs() ** (2 / 3)
        with batch_context(batch=graph, num_graphs=len(cell), cell=cell):
            total: Tensor = self.loss(
                _cartesian(denoised, lattice),
                _cartesian(true[rows], lattice),
                weights=1.0 / (sigma**4 * norm * size),
            )
        return total / count


@functools.cache
def energy_model() -> Any:
    """Return the subclass of the installed ``diffcsp.pl_modules.diffusion.CSPDiffusion``.

    Raises:
        ImportError: DiffCSP is not on the path.
    """
    try:
        base: Any = importlib.import_module("diffcsp.pl_modules.diffusion").CSPDiffusion
        cells = importlib.import_module("diffcsp.common.data_utils").lattice_params_to_matrix_torch
    except ImportError as error:
        raise ImportError(
            f"`+eloss=diffcsp` is for DiffCSP's own environment ({error}); see "
            "https://github.com/jiaor17/DiffCSP"
        ) from error

    class EnergyCSPDiffusion(base):  # type: ignore[misc] # made at run time
        """DiffCSP's model; ``energy`` holds the arguments of `CrystalScoreEnergy`."""

        def __init__(
            self, *given: Any, energy: Mapping[str, Any] | None = None, **named: Any
        ) -> None:
            super().__init__(*given, energy=energy, **named)
            if self.keep_coords:
                raise ValueError(
                    "`model.cost_coord` is zero, so that DiffCSP adds no noise to positions and "
                    "there is nothing for the energy to score; leave +eloss=diffcsp out"
                )
            self.energy = CrystalScoreEnergy(**(energy or {}))

        def forward(self, batch: Any) -> Any:
            """Return DiffCSP's losses, the energy added to their sum while training."""
            if not self.training:
                return super().forward(batch)
            seen: dict[str, Tensor] = {}
            handles = [
                self.time_embedding.register_forward_pre_hook(
                    lambda _, given: seen.update(times=given[0])
                ),
                self.decoder.register_forward_hook(
                    lambda _, given, out: seen.update(noisy=given[2], score=out[1])
                ),
            ]
            try:
                losses = super().forward(batch)
            finally:
                for handle in handles:
                    handle.remove()
            losses["loss_energy"] = self._energy(batch, seen)
            losses["loss"] = losses["loss"] + losses["loss_energy"]
            return losses

        def _energy(self, batch: Any, seen: Mapping[str, Tensor]) -> Tensor:
            if len(seen) < 3:  # noqa: PLR2004 - times, noisy, score
                raise MissingContextError(
                    "DiffCSP called neither `time_embedding` nor `decoder` as it did at commit "
                    "7121d15, so that noise and score are not known"
                )
            found: Tensor = self.energy(
                seen["score"],
                seen["noisy"],
                batch.frac_coords,
                cells(batch.lengths, batch.angles),
                self.sigma_scheduler.sigmas[seen["times"]],
                self.sigma_scheduler.sigmas_norm[seen["times"]],
                batch.batch,
            )
            return found

    return EnergyCSPDiffusion


def _cartesian(fraction: Tensor, lattice: Tensor) -> Tensor:
    return (fraction[:, :, None] * lattice).sum(dim=1)


def __getattr__(name: str) -> Any:
    if name == "EnergyCSPDiffusion":
        return energy_model()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
