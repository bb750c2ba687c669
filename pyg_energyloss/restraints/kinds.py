"""What a term holds: its name, the coordinate it looks at, and when it counts as broken."""

from __future__ import annotations

import math
from enum import IntEnum


class Kind(IntEnum):
    """Kinds of terms; `coordinate_of` says which coordinate each looks at.

    >>> Kind.CHIRALITY.name.lower()
    'chirality'
    """

    BOND = 0
    CLASH = 1
    ANGLE = 2
    TORSION = 3
    DOUBLE_BOND = 4
    RING = 5
    PLANARITY = 6
    CHIRALITY = 7


class Coordinate(IntEnum):
    """The coordinates of atoms that terms look at; in Å, rad, rad, rad, Å³."""

    DISTANCE = 0
    ANGLE = 1
    TORSION = 2
    IMPROPER = 3
    VOLUME = 4


#: Coordinate of each kind, in the order of `Kind`.
COORDINATES: tuple[Coordinate, ...] = (
    Coordinate.DISTANCE,
    Coordinate.DISTANCE,
    Coordinate.ANGLE,
    Coordinate.TORSION,
    Coordinate.TORSION,
    Coordinate.TORSION,
    Coordinate.IMPROPER,
    Coordinate.VOLUME,
)

#: Rows of ``index`` that hold the atoms of each coordinate; unused rows repeat the first atom.
ATOMS: tuple[int, ...] = (2, 3, 4, 4, 5)

#: How far outside its bounds a term may be before `violations` names it: Å, Å, then rad. A centre
#: is named when its volume has the wrong sign.
TOLERANCES: tuple[float, ...] = (
    0.25,
    0.4,
    math.radians(20),
    math.radians(60),
    math.radians(45),
    math.radians(20),
    math.radians(20),
    0.0,
)


def kind_of(name: str) -> Kind:
    """Return the kind of a name.

    Raises:
        ValueError: there is no such kind.

    >>> kind_of("double_bond")
    <Kind.DOUBLE_BOND: 4>
    """
    try:
        return Kind[name.upper()]
    except KeyError:
        known = ", ".join(kind.name.lower() for kind in Kind)
        raise ValueError(f"a kind of restraint must be one of {known}, got {name!r}") from None


def coordinate_of(kind: Kind) -> Coordinate:
    """Return the coordinate that a kind of term looks at.

    >>> coordinate_of(Kind.PLANARITY).name
    'IMPROPER'
    """
    return COORDINATES[kind]
