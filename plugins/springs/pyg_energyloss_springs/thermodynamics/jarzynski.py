"""Free energy change from work out of equilibrium."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class FreeEnergyChange:
    """An estimate with its error.

    Attributes:
        value: free energy change, in units of the work.
        error: its standard error, by bootstrap.
        mean_work: plain average of the work, never below the true change but for scatter.
        dissipated: mean work less the change; what the protocol wasted.
        effective_samples: how many repetitions carry the average of exp(-W/T).
    """

    value: float
    error: float
    mean_work: float
    dissipated: float
    effective_samples: float


def jarzynski(
    work: Tensor,
    *,
    temperature: float,
    num_bootstrap: int = 400,
    generator: torch.Generator | None = None,
) -> FreeEnergyChange:
    """Estimate the free energy change from the work of repeated runs that start in equilibrium.

    dF = -T ln <exp(-W/T)>, evaluated by log-sum-exp. The average rests on the runs with the least
    work: with few effective samples the estimate is biased upwards by more than its error tells.

    Args:
        work: of each run [num_runs].
        temperature: k_B T.
        num_bootstrap: resamplings for the error.
        generator: of the resampling; seeded with 0 if None.

    Returns:
        Estimate, error and what else the work tells.

    Raises:
        ValueError: fewer than two runs, or the temperature is not positive.

    >>> jarzynski(torch.tensor([2.0, 2.0, 2.0]), temperature=1.0).value
    2.0

    Source: Jarzynski, Phys. Rev. Lett. 78, 2690 (1997).
    """
    if work.ndim != 1 or len(work) < 2:  # noqa: PLR2004 - a scatter needs two
        raise ValueError(f"`work` must hold at least two runs [num_runs], got {tuple(work.shape)}")
    if not temperature > 0:
        raise ValueError(f"`temperature` must be positive, got {temperature}")
    generator = generator or torch.Generator().manual_seed(0)
    reduced = work.double() / temperature
    value = -temperature * _log_mean_exp(-reduced, dim=0)
    drawn = torch.randint(len(work), (num_bootstrap, len(work)), generator=generator)
    resampled = -temperature * _log_mean_exp(-reduced[drawn], dim=1)
    weight = torch.softmax(-reduced, dim=0)
    mean = float(work.double().mean())
    return FreeEnergyChange(
        float(value),
        float(resampled.std()),
        mean,
        mean - float(value),
        float(1 / weight.square().sum()),
    )


def _log_mean_exp(values: Tensor, dim: int) -> Tensor:
    return torch.logsumexp(values, dim=dim) - math.log(values.size(dim))
