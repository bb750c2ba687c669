"""Is a graph, or a placement, rigid: constructions, tests and certificates."""

from pyg_energyloss.rigidity.certify import Certificate, certify
from pyg_energyloss.rigidity.frame import affine_frame
from pyg_energyloss.rigidity.generic import is_globally_rigid, is_rigid
from pyg_energyloss.rigidity.lateration import Lateration, laterate
from pyg_energyloss.rigidity.lateration_batch import laterate_batch
from pyg_energyloss.rigidity.proof import Proof, prove
from pyg_energyloss.rigidity.rebuild import Rebuilt, rebuild
from pyg_energyloss.rigidity.spectrum import Spectrum, stiffness_spectrum

__all__ = [
    "Certificate",
    "Lateration",
    "Proof",
    "Rebuilt",
    "Spectrum",
    "affine_frame",
    "certify",
    "is_globally_rigid",
    "is_rigid",
    "laterate",
    "laterate_batch",
    "prove",
    "rebuild",
    "stiffness_spectrum",
]
