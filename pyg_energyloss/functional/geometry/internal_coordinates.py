"""Angles, torsions, improper angles and signed volumes of points, safe where they are undefined."""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.functional.geometry.distance import COINCIDENT, safe_norm

#: Squared sine below which three atoms count as straight, so that no torsion is defined by them.
STRAIGHT = 1e-6


def bond_angle(first: Tensor, centre: Tensor, last: Tensor) -> Tensor:
    """Return the angle at ``centre`` between the lines to two other points.

    By the arctangent of the cross and dot product, which is exact near 0 and π where the arccosine
    loses half of the digits.

    Args:
        first: positions [..., 3].
        centre: positions [..., 3].
        last: positions [..., 3].

    Returns:
        [...] in 0 ... π; 0 with zero gradient where two of the points coincide. The gradient is
        zero where the three are exactly on a line.

    >>> bond_angle(*torch.tensor([[1.0, 0, 0], [0, 0, 0], [0, 2.0, 0]])).rad2deg()
    tensor(90.)
    """
    one, other = _scaled(first - centre), _scaled(last - centre)
    cross = torch.linalg.cross(one, other)
    return _safe_atan2(safe_norm(cross), (one * other).sum(dim=-1))


def torsion_angle(first: Tensor, second: Tensor, third: Tensor, last: Tensor) -> Tensor:
    """Return the angle by which ``last`` is turned from ``first`` about the line in between.

    Positive if clockwise for who looks from ``second`` to ``third``; 0 is cis, ±π is trans.

    Args:
        first: positions [..., 3].
        second: positions [..., 3].
        third: positions [..., 3].
        last: positions [..., 3].

    Returns:
        [...] in -π ... π; 0 with zero gradient where three points in a row are on a line (to
        within a thousandth of a radian), about which nothing can be turned.

    >>> points = torch.tensor([[0, 1.0, 0], [0, 0, 0], [1.0, 0, 0], [1.0, 0, 1.0]])
    >>> torsion_angle(*points).rad2deg()
    tensor(90.)

    Source: IUPAC's sign; the formula is that of Blondel, Karplus, J. Comput. Chem. 17, 1132 (1996).
    """
    before, middle, after = (
        _scaled(second - first),
        _scaled(third - second),
        _scaled(last - third),
    )
    left, right = torch.linalg.cross(before, middle), torch.linalg.cross(middle, after)
    bent = _bent(left, before, middle) & _bent(right, middle, after)
    sine = safe_norm(middle) * (before * right).sum(dim=-1)
    cosine = (left * right).sum(dim=-1)
    return _safe_atan2(sine, cosine, where=bent)


def improper_angle(centre: Tensor, first: Tensor, second: Tensor, third: Tensor) -> Tensor:
    """Return the angle between the line to ``third`` and the plane of the centre and two others.

    Wilson's out-of-plane angle; zero where the four points are in one plane.

    Args:
        centre: positions [..., 3].
        first: positions [..., 3], in the plane.
        second: positions [..., 3], in the plane.
        third: positions [..., 3].

    Returns:
        [...] in -π/2 ... π/2, positive on the side of (first - centre) x (second - centre); 0 with
        zero gradient where the first three are on a line and there is no plane.

    >>> improper_angle(*torch.tensor([[0, 0, 0], [1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]])).rad2deg()
    tensor(90.)

    Source: Wilson, Decius, Cross, "Molecular Vibrations", 1955; MMFF94's out-of-plane angle.
    """
    one, other = _scaled(first - centre), _scaled(second - centre)
    out = _scaled(third - centre)
    normal = torch.linalg.cross(one, other)
    bent = _bent(normal, one, other)
    across = safe_norm(torch.linalg.cross(normal, out))
    return _safe_atan2((normal * out).sum(dim=-1), across, where=bent)


def signed_volume(first: Tensor, second: Tensor, third: Tensor, apex: Tensor) -> Tensor:
    """Return six times the signed volume of a tetrahedron, [...] in Å³.

    Positive if, seen from ``apex``, the others run clockwise; a mirror image changes the sign. It
    is a polynomial, smooth everywhere.

    Args:
        first: positions [..., 3].
        second: positions [..., 3].
        third: positions [..., 3].
        apex: positions [..., 3].

    >>> signed_volume(*torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [0, 0, 0]]))
    tensor(1.)
    """
    return triple_product(first - apex, second - apex, third - apex)


def triple_product(first: Tensor, second: Tensor, third: Tensor) -> Tensor:
    """Return a · (b x c) of vectors [..., 3], the determinant of the three.

    >>> triple_product(*torch.eye(3))
    tensor(1.)
    """
    product: Tensor = (first * torch.linalg.cross(second, third)).sum(dim=-1)
    return product


def _scaled(vector: Tensor) -> Tensor:
    """The vector in a unit of its own, constant for autograd: angles do not depend on lengths."""
    largest = vector.detach().abs().amax(dim=-1, keepdim=True)
    return vector / torch.where(largest == 0, 1.0, largest)


def _bent(cross: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """Whether the squared sine of the angle between two vectors is above `STRAIGHT`."""
    squared, lengths = cross.square().sum(-1), one.square().sum(-1) * other.square().sum(-1)
    return ~(squared <= STRAIGHT * lengths)


def _safe_atan2(sine: Tensor, cosine: Tensor, *, where: Tensor | None = None) -> Tensor:
    """The angle, or zero with zero derivatives where it is undefined (the double where)."""
    defined = ~(sine.square() + cosine.square() <= COINCIDENT)
    if where is not None:
        defined = defined & where
    angle = torch.atan2(torch.where(defined, sine, 0.0), torch.where(defined, cosine, 1.0))
    return torch.where(defined, angle, 0.0)
