"""Element symbols."""

from __future__ import annotations

from collections.abc import Iterable

_ROWS = """
X H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr
Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb
Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf
Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
"""

#: Symbols by atomic number; index 0 is a placeholder.
SYMBOLS: tuple[str, ...] = tuple(_ROWS.split())


def formula(z: Iterable[int]) -> str:
    """Return how many of each element there are, carbon first.

    >>> formula([8, 6, 6, 1])
    'C2HO'
    """
    symbols = [SYMBOLS[int(number)] for number in z]
    counts = {s: symbols.count(s) for s in sorted(set(symbols), key=lambda s: (s != "C", s))}
    return "".join(s + (str(n) if n > 1 else "") for s, n in counts.items())
