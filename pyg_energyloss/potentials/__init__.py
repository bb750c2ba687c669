"""How the energy of a pair grows with the deviation from its true distance."""

from pyg_energyloss.potentials.absolute import Absolute
from pyg_energyloss.potentials.base import Potential
from pyg_energyloss.potentials.flat_bottom import FlatBottom
from pyg_energyloss.potentials.harmonic import Harmonic
from pyg_energyloss.potentials.huber import Huber
from pyg_energyloss.potentials.lddt import LDDT
from pyg_energyloss.potentials.morse import Morse
from pyg_energyloss.potentials.periodic import Periodic

__all__ = [
    "LDDT",
    "Absolute",
    "FlatBottom",
    "Harmonic",
    "Huber",
    "Morse",
    "Periodic",
    "Potential",
]
