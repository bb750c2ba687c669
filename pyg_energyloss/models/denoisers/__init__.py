"""Networks of generative models: from a noised molecule to what its noise, or itself, is."""

from pyg_energyloss.models.denoisers.edm import EDM
from pyg_energyloss.models.denoisers.gdm import GDM
from pyg_energyloss.models.denoisers.vectors import VectorDenoiser

__all__ = ["EDM", "GDM", "VectorDenoiser"]
