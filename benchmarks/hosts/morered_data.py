"""Write the embedded QM9 molecules as a SchNetPack data base; runs in the host's environment."""

import argparse

import numpy as np
from ase import Atoms
from schnetpack.data import ASEAtomsData

from pyg_energyloss.data import qm9_small

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("target", help=".db to write")
parser.add_argument("--molecules", type=int, default=2000)
options = parser.parse_args()

molecules = list(qm9_small()["train"])[: options.molecules]
base = ASEAtomsData.create(options.target, distance_unit="Ang", property_unit_dict={"dummy": "eV"})
base.add_systems(
    atoms_list=[Atoms(m.z.numpy(), m.pos.numpy()) for m in molecules],
    property_list=[{"dummy": np.zeros(1)} for _ in molecules],
)
print(f"{len(molecules)} molecules in {options.target}")
