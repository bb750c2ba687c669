"""How stiff the spring between two atoms is, as a function of their true distance."""

from pyg_energyloss.radial import Form, RadialForm
from pyg_energyloss.stiffness.base import Stiffness
from pyg_energyloss.stiffness.bond_aware import BondAware, bond_hops
from pyg_energyloss.stiffness.constant import Constant
from pyg_energyloss.stiffness.element_pair import ElementPair
from pyg_energyloss.stiffness.exponential import Exponential
from pyg_energyloss.stiffness.hessian_fit import fit_springs, physical
from pyg_energyloss.stiffness.hop_springs import hop_basis, hop_law
from pyg_energyloss.stiffness.inverse import Inverse
from pyg_energyloss.stiffness.inverse_square import InverseSquare
from pyg_energyloss.stiffness.lennard_jones import LennardJones
from pyg_energyloss.stiffness.morse import Morse

__all__ = [
    "BondAware",
    "Constant",
    "ElementPair",
    "Exponential",
    "Form",
    "Inverse",
    "InverseSquare",
    "LennardJones",
    "Morse",
    "RadialForm",
    "Stiffness",
    "bond_hops",
    "fit_springs",
    "hop_basis",
    "hop_law",
    "physical",
]
