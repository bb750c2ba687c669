"""How Hydra programs, MoreRed and MatterGen are reached."""

from __future__ import annotations

from pyg_energyloss.hosts.description import TRIED, Host

PLUGIN = "pyg-energyloss-hydra"


def hydra() -> Host:
    """Describe Hydra programs in general."""
    return Host(
        name="hydra",
        distributions=("hydra-core",),
        mechanism="a SearchPathPlugin in the namespace package hydra_plugins adds config groups",
        switch="+energyloss/flat@model.loss=pair_energy "
        "+energyloss/callback@callbacks.energyloss=lightning",
        adapter="pyg_energyloss.hosts:FlatLoss",
        plugin=PLUGIN,
        checked="trained end to end in the test suite",
        limits="values that are lists are replaced whole",
    )


def morered() -> Host:
    """Describe MoreRed on SchNetPack."""
    return Host(
        name="morered",
        distributions=("morered",),
        mechanism="task.outputs[].loss_fn, arguments passed by name from the model's outputs",
        switch="+eloss=morered",
        adapter="pyg_energyloss_hydra.morered:MoreRedEnergy",
        plugin=PLUGIN,
        checked=TRIED,
        tested="commit 63dafb6, 2026-11-21",
        limits="SchNetPack 2.1.1 does not import on torch 2.13; its git head (2.2.0) does",
    )


def mattergen() -> Host:
    """Describe MatterGen."""
    return Host(
        name="mattergen",
        distributions=("mattergen",),
        mechanism="lightning_module.diffusion_module.loss_fn._target_",
        switch="+eloss=mattergen",
        adapter="pyg_energyloss_hydra.mattergen:energy_materials_loss",
        plugin=PLUGIN,
        checked="called with the signature of its field losses in the test suite; not trained",
        limits="positions only; cells and elements keep MatterGen's losses",
    )


def cdvae() -> Host:
    """Describe CDVAE."""
    return Host(
        name="cdvae",
        distributions=("cdvae",),
        mechanism="model._target_ names the LightningModule; one method of it is overridden",
        switch="model._target_=pyg_energyloss_hydra.cdvae.EnergyCDVAE",
        adapter="pyg_energyloss_hydra.cdvae:energy_model",
        plugin=PLUGIN,
        checked="its loss called with the tensors of CDVAE's own in the test suite; not trained",
        limits="coordinates only; the stiffness is the exponential law",
    )


def diffcsp() -> Host:
    """Describe DiffCSP."""
    return Host(
        name="diffcsp",
        distributions=("diffcsp",),
        mechanism="model._target_ names the LightningModule; a subclass adds one term to its loss",
        switch="+eloss=diffcsp",
        adapter="pyg_energyloss_hydra.diffcsp:CrystalScoreEnergy",
        plugin=PLUGIN,
        checked=TRIED,
        tested="commit 7121d15, 2026-11-22",
        limits="at noise levels up to model.energy.widest; the lattice keeps DiffCSP's own loss",
    )


def tabasco() -> Host:
    """Describe TABASCO."""
    return Host(
        name="tabasco",
        distributions=("tabasco",),
        mechanism="model.interdist_loss, a place for a loss on distances that it leaves empty",
        switch="+eloss=tabasco",
        adapter="pyg_energyloss_hydra.tabasco:TabascoEnergy",
        plugin=PLUGIN,
        checked=TRIED,
        tested="commit 35d5ed8, 2026-11-21",
        limits="its squared error on coordinates is still computed, with weight zero",
    )
