"""The constant stiffness law."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.radial import Form, RadialForm
from pyg_energyloss.stiffness.base import Stiffness, check_positive


class Constant(Stiffness):
    r"""Make every spring equally stiff: the Taylor expansion of Morse pairs.

    .. math:: k = k_0

    Args:
        strength: the stiffness of every pair.

    Raises:
        ValueError: an argument is not finite and positive.

    >>> import torch
    >>> Constant(2.0)(torch.tensor([1.0, 5.0]))
    tensor([2., 2.])

    Source: arXiv 2511.02087, section 4 (Taylor expansion of Morse pairs).
    """

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = check_positive("strength", strength)

    def __call__(self, distance: Tensor) -> Tensor:
        """Return k [same shape as distance]."""
        return torch.full_like(distance, self.strength)

    def radial_form(self) -> RadialForm:
        """Return the law in the language of the compiled kernels."""
        return RadialForm(Form.CONSTANT, self.strength)

    def __repr__(self) -> str:
        return f"Constant({self.strength:g})"
