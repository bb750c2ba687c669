"""A plugin: one hook and one entry point, and its name works wherever a name does.

Written into a temporary folder and found there; a real one is installed with pip.
"""

import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import torch

import pyg_energyloss as pel

MODULE = """
from pyg_energyloss.registry import hookimpl

def soft():
    return lambda distance: (1 + distance) ** -3

@hookimpl
def energyloss_register_stiffness(register):
    register("soft", soft, summary="1 / (1 + d)^3")
"""
with tempfile.TemporaryDirectory() as folder:
    info = Path(folder) / "soft_springs-0.1.dist-info"
    info.mkdir()
    (Path(folder) / "soft_springs.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: soft-springs\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[pyg_energyloss]\nsoft_springs = soft_springs\n")
    sys.path.insert(0, folder)
    pel.registry.reload()
    law = pel.registry.create("stiffness", "soft")
    print(pel.PairEnergyLoss("soft"))
    sys.path.remove(folder)
pel.registry.reload()

distance = torch.linspace(0.8, 6.0, 100)
figure, ax = plt.subplots(figsize=(4.5, 3.2), layout="constrained")
ax.plot(distance, law(distance))
ax.set(xlabel="true distance / Å", ylabel="stiffness", title="soft, from a plugin")
figure.savefig("custom_plugin.png", dpi=90)
