"""Frameworks that the library itself knows: adapters in it, and reasons where there is none."""

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


def nequip() -> Host:
    """Describe NequIP."""
    return Host(
        name="nequip",
        distributions=("nequip",),
        mechanism="entry point nequip.extension, loaded at every `import nequip`, not isolated",
        checked="its documented interface; not run",
        limits="it predicts energies and forces of given structures, and no structures: there is "
        "nothing that a loss on structures could score. A NequIP model is of use as the "
        "calculator of the evaluators: registry.create('evaluator', 'ase', calculator=...)",
    )


def diffcsp() -> Host:
    """Describe DiffCSP."""
    return Host(
        name="diffcsp",
        mechanism="model._target_ names the LightningModule",
        checked=READ,
        limits="its one forward method draws noise, runs the network and forms all losses, so an "
        "override would be a copy of it; the score is wrapped and normalised by a table, which "
        "does not give positions back. The MatterGen adapter shows what is needed",
    )


def gcdm() -> Host:
    """Describe GCDM."""
    return Host(
        name="gcdm",
        mechanism="model._target_ names the LightningModule",
        checked=READ,
        limits="the squared error of positions and atom types together is formed inside the one "
        "method that also draws noise, conditions on itself and sums up the bound "
        "(atom_types_and_coords_forward), so an override would be a copy of it; the helper that "
        "sums the error gets the square only. patch_edm shows what is needed",
    )


def boltz() -> Host:
    """Describe Boltz."""
    return Host(
        name="boltz",
        distributions=("boltz",),
        mechanism="model._target_ names the LightningModule; compute_loss of its diffusion part",
        checked=READ,
        limits="training needs its own data and GPUs, so no adapter could be checked here; the "
        "aligned error and smooth LDDT are in one method with atom and token masks. "
        "pyg_energyloss.functional.from_padded and PairEnergyLoss are the parts for an override",
    )


def eqgat_diff() -> Host:
    """Describe EQGAT-diff."""
    return Host(
        name="eqgat-diff",
        mechanism="diffusion_loss of its LightningModule, which a callback can replace",
        checked=READ,
        limits="one object scores positions, atoms, charges and bonds with weights of the time "
        "step, and returns a dict; swapping it would replace all of them, not positions alone",
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
