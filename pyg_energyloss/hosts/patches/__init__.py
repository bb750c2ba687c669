"""Programs without any place for a loss: what is rebound in them before they run, said openly."""

from pyg_energyloss.hosts.patches.boltz import patch_boltz
from pyg_energyloss.hosts.patches.edm import patch_edm
from pyg_energyloss.hosts.patches.jodo import patch_jodo

__all__ = ["patch_boltz", "patch_edm", "patch_jodo"]
