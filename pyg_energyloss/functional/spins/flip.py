"""Losses that treat a configuration and its global flip as the same answer.

Without fields, ``H(y) = H(-y)``: the sign of a target is a convention of whoever computed it. Each
rule takes the loss of every graph against y and against -y, and the overlap of the prediction with
y, all [num_graphs], and returns the loss of the graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

FlipRule = Callable[[Tensor, Tensor, Tensor], Tensor]


def flip_min(plus: Tensor, minus: Tensor, overlap: Tensor) -> Tensor:  # noqa: ARG001 - the protocol
    """Return the smaller of both losses.

    Example:
        >>> flip_min(torch.tensor([3.0]), torch.tensor([1.0]), torch.tensor([-2.0]))
        tensor([1.])
    """
    return torch.minimum(plus, minus)


def flip_overlap(plus: Tensor, minus: Tensor, overlap: Tensor) -> Tensor:
    """Return the loss against the target whose sign agrees with most of the prediction.

    Example:
        >>> flip_overlap(torch.tensor([3.0]), torch.tensor([1.0]), torch.tensor([2.0]))
        tensor([3.])
    """
    return torch.where(overlap >= 0, plus, minus)


def flip_soft(plus: Tensor, minus: Tensor, overlap: Tensor) -> Tensor:  # noqa: ARG001 - the protocol
    """Return ``-ln (exp(-plus) + exp(-minus)) / 2``: both signs are equally likely beforehand.

    Example:
        >>> flip_soft(torch.tensor([2.0]), torch.tensor([2.0]), torch.tensor([0.0]))
        tensor([2.])
    """
    return math.log(2.0) - torch.logaddexp(-plus, -minus)


#: name -> rule, for configuration files.
FLIP_RULES: dict[str, FlipRule] = {"min": flip_min, "overlap": flip_overlap, "soft": flip_soft}
