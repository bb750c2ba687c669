"""Default weights, chosen so that an error of one Ångström costs about as much in every term."""

from __future__ import annotations

from pyg_energyloss.restraints.kinds import Kind

#: Å⁻² for distances; rad⁻² for angles, whose lever arm is a bond of about one Ångström.
WEIGHTS: dict[Kind, float] = {
    Kind.BOND: 1.0,
    Kind.CLASH: 1.0,
    Kind.ANGLE: 1.0,
    Kind.TORSION: 0.5,
    Kind.DOUBLE_BOND: 1.0,
    Kind.RING: 1.0,
    Kind.PLANARITY: 1.0,
    Kind.CHIRALITY: 1.0,
}

#: Six times the volume that the tips of unit bonds of a tetrahedral centre span: four neighbours,
#: three neighbours and the centre itself.
TETRAHEDRON = 3.0792
PYRAMID = 0.7698


def chirality_weight(volume: float, *, ideal: float = TETRAHEDRON) -> float:
    """Return the weight, in Å⁻⁶, that makes an error of a volume cost as one of a length.

    A volume V of bonds of length l changes by 3 V / l when they all grow by one Ångström.

    Args:
        volume: six times the signed volume, in Å³.
        ideal: `TETRAHEDRON` or `PYRAMID`.

    >>> round(chirality_weight(TETRAHEDRON * 1.5**3), 5)
    0.00231
    """
    size = max(abs(volume), ideal)
    length: float = (size / ideal) ** (1 / 3)
    return (length / (3 * size)) ** 2
