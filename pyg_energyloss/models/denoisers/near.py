"""How near a distance is to each of several lengths about those of bonds."""

from __future__ import annotations

from torch import Tensor

#: Distances in Å, near the lengths of bonds, at which a pair feature peaks.
PEAKS = (0.5, 0.8, 1.0, 1.2, 1.4, 1.7, 2.2, 2.8, 3.5)


def near_features(squared: Tensor, peaks: Tensor) -> Tensor:
    """Return a bump of the distance about each peak, [..., len(peaks)].

    Args:
        squared: Squared distances [..., 1], in Å².
        peaks: Lengths in Å [num_peaks].
    """
    # Safe at coincident atoms: the root stays away from zero.
    length = squared.add(1e-6).sqrt()
    return (-((length / peaks - 1) * 4).square()).exp()
