"""Frameworks that the library itself has an adapter for; docs/hosts says why others have none."""

from __future__ import annotations

from pyg_energyloss.hosts.description import Host

READ = "source read; not run"


def edm() -> Host:
    """Describe EDM."""
    return Host(
        name="edm",
        mechanism="none: argparse and a fixed loss; a launcher rebinds two methods, openly",
        switch="energyloss run --host edm -- main_qm9.py ...",
        adapter="pyg_energyloss.hosts.patches:patch_edm",
        checked="the real class in `make test-hosts`; a stand-in in the test suite",
        limits="while training with --diffusion_loss_type l2; likelihoods stay as they are",
    )


def jodo() -> Host:
    """Describe JODO."""
    return Host(
        name="jodo",
        mechanism="none: a fixed loss; a launcher rebinds two functions, openly",
        switch="energyloss run --host jodo -- main.py ...",
        adapter="pyg_energyloss.hosts.patches:patch_jodo",
        checked="a stand-in with the calls of the original in the test suite; not trained",
        limits="models that predict data and graphs; lengths are in JODO's normalised unit",
    )


def fairchem() -> Host:
    """Describe fairchem v1."""
    return Host(
        name="fairchem",
        distributions=("fairchem-core",),
        mechanism="loss_functions: - positions: {fn: dotted.path.Class}, built without arguments",
        switch="fn: pyg_energyloss.hosts.fairchem.FairchemEnergyLoss",
        adapter="pyg_energyloss.hosts.fairchem:FairchemEnergyLoss",
        checked="called with the arguments of its losses in the test suite; not trained",
        limits="version 1; positions of all atoms, without periodic images; options come from "
        "PYG_ENERGYLOSS_FAIRCHEM",
    )


def flowmol() -> Host:
    """Describe FlowMol."""
    return Host(
        name="flowmol",
        distributions=("flowmol",),
        mechanism="loss_fn_dict['x'] of its LightningModule, called as loss(pred, target)",
        switch='PYG_ENERGYLOSS_SWAP="loss_fn_dict.x=pair_energy"',
        adapter="pyg_energyloss_lightning:EnergyLossCallback",
        plugin="pyg-energyloss-lightning",
        checked=READ,
        limits="endpoint parametrisation with time_scaled_loss off; the graph of each node comes "
        "from DGL's batch_num_nodes, since FlowMol passes none",
    )


def midi() -> Host:
    """Describe MiDi."""
    return Host(
        name="midi",
        mechanism="train_loss.train_pos_mse of its LightningModule, called as loss(pred, target)",
        switch='PYG_ENERGYLOSS_SWAP="train_loss.train_pos_mse=pair_energy"',
        adapter="pyg_energyloss_lightning:EnergyLossCallback",
        plugin="pyg-energyloss-lightning",
        checked=READ,
        limits="train_pos_mse is a metric too: what MiDi logs as pos_mse at the end of an epoch is "
        "then not updated",
    )
