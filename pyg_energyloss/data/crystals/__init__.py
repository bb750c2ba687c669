"""Crystals to train on: the tables that CDVAE publishes, as PyG data sets."""

from pyg_energyloss.data.crystals.dataset import CrystalDataset
from pyg_energyloss.data.crystals.fingerprint import (
    coordination_families,
    distance_fingerprint,
    unique_rows,
)
from pyg_energyloss.data.crystals.named import (
    carbon_24,
    carbon_24_small,
    mp_20,
    perov_5,
    perov_5_small,
)
from pyg_energyloss.data.crystals.table import CrystalTable

__all__ = [
    "CrystalDataset",
    "CrystalTable",
    "carbon_24",
    "carbon_24_small",
    "coordination_families",
    "distance_fingerprint",
    "mp_20",
    "perov_5",
    "perov_5_small",
    "unique_rows",
]
