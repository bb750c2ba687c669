"""Frameworks that the library itself has an adapter for; docs/hosts says why others have none."""

from __future__ import annotations

from pyg_energyloss.hosts.description import TRIED, Host


def boltz() -> Host:
    """Describe Boltz."""
    return Host(
        name="boltz",
        distributions=("boltz",),
        mechanism="none: its training step calls a method of its diffusion module, which the "
        "launcher rebinds, openly, in Boltz-1 and Boltz-2",
        switch="energyloss run --host boltz -- scripts/train/train.py ...",
        adapter="pyg_energyloss.hosts.patches:patch_boltz",
        checked="diffusion module and loss of Boltz-1 at a small size trained with three seeds, "
        "source unchanged, wrong lines tried: docs/hosts/programs.md; not its whole network, and "
        "Boltz-2 with a stand-in",
        tested="commit 832486d, 2026-11-22",
        limits="the smooth lDDT term stays Boltz's own; pairs weigh the product of what Boltz's "
        "weights of nucleotides and ligands give their atoms",
    )


def edm() -> Host:
    """Describe EDM."""
    return Host(
        name="edm",
        mechanism="none: argparse and a fixed loss; a launcher rebinds two methods, openly",
        switch="energyloss run --host edm -- main_qm9.py ...",
        adapter="pyg_energyloss.hosts.patches:patch_edm",
        checked=TRIED,
        tested="commit fce07d7, 2026-11-21",
        limits="while training with --diffusion_loss_type l2; likelihoods stay as they are",
    )


def geoldm() -> Host:
    """Describe GeoLDM."""
    return Host(
        name="geoldm",
        mechanism="none: it is built on EDM, whose two methods the launcher rebinds, openly",
        switch="energyloss run --host edm -- main_qm9.py --train_diffusion ...",
        adapter="pyg_energyloss.hosts.patches:patch_edm",
        checked=TRIED,
        tested="commit 03ae203, 2026-11-21",
        limits="the energy is that of its latent points; its first stage is left as it is",
    )


def jodo() -> Host:
    """Describe JODO."""
    return Host(
        name="jodo",
        mechanism="none: a fixed loss; a launcher rebinds two functions, openly",
        switch="energyloss run --host jodo -- main.py ...",
        adapter="pyg_energyloss.hosts.patches:patch_jodo",
        checked="a stand-in with the calls of the original in the test suite; not trained: its "
        "layers need a torch-geometric before 2.5, and this library one from 2.6 on",
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
        switch='PYG_ENERGYLOSS_SWAP="@flowmol=pair_energy"',
        path="loss_fn_dict.x",
        adapter="pyg_energyloss_lightning:EnergyLossCallback",
        plugin="pyg-energyloss-lightning",
        checked=TRIED,
        tested="commit 77cae22, 2026-11-22",
        limits="endpoint and CTMC parametrisations; the graph of each node comes "
        "from DGL's batch_num_nodes, since FlowMol passes none",
    )


def midi() -> Host:
    """Describe MiDi."""
    return Host(
        name="midi",
        mechanism="train_loss.train_pos_mse of its LightningModule, called as loss(pred, target)",
        switch='PYG_ENERGYLOSS_SWAP="@midi=pair_energy"',
        path="train_loss.train_pos_mse",
        adapter="pyg_energyloss_lightning:EnergyLossCallback",
        plugin="pyg-energyloss-lightning",
        checked=TRIED,
        tested="commit 775b731, 2026-11-21",
        limits="train_pos_mse is a metric too: what MiDi logs as pos_mse at the end of an epoch is "
        "then not updated",
    )


def etflow() -> Host:
    """Describe ETFlow."""
    return Host(
        name="etflow",
        distributions=("etflow",),
        mechanism="the function batchwise_l2_loss that its model module imports, called with "
        "(pred, target, batch=, reduce=)",
        switch='PYG_ENERGYLOSS_SWAP="@etflow=pair_energy"',
        path="etflow.models.model:batchwise_l2_loss",
        # Its target has noise of the stochastic path in it; the positions are in its batch.
        options={"parametrization": "flow_to_data", "target": "batch"},
        fields={"x_t": "in:network:pos", "alpha": "in:network:t"},
        adapter="pyg_energyloss.hosts.swaps.imports:ImportSwap",
        plugin="pyg-energyloss-lightning",
        checked=TRIED,
        tested="commit 80f82d7, 2026-11-21",
        limits="the structure that a velocity stands for is x_t + (1 - t) v",
    )


def semlaflow() -> Host:
    """Describe SemlaFlow."""
    return Host(
        name="semlaflow",
        distributions=("semlaflow",),
        mechanism="F.mse_loss as its model module calls it on padded coordinates",
        switch='PYG_ENERGYLOSS_SWAP="@semlaflow=pair_energy"',
        path="semlaflow.models.fm:F.mse_loss",
        # It divides positions by their standard deviation in the data set, here that of QM9.
        options={"scale": 1.723299503326416},
        fields={"mask": "1.mask", "pos": "1.coords"},
        adapter="pyg_energyloss.hosts.swaps.imports:ImportSwap",
        plugin="pyg-energyloss-lightning",
        checked=TRIED,
        tested="commit 2f41e57, 2026-11-21",
        limits="for GEOM-Drugs write scale=2.407038688659668",
    )


def egnn() -> Host:
    """Describe EGNN's forecast of five charged bodies."""
    return Host(
        name="egnn",
        mechanism="loss_mse, which its script main_nbody.py makes and calls as loss(pred, target)",
        switch='PYG_ENERGYLOSS_SWAP="@egnn=pair_energy" python -m pyg_energyloss.hosts '
        "main_nbody.py ...",
        path="__main__:loss_mse",
        # The energy knows shapes, not places: the squared error says where the bodies are.
        options={"nodes": 5, "keep": 1.0},
        adapter="pyg_energyloss.hosts.swaps.imports:ImportSwap",
        checked=TRIED,
        tested="commit e9ca6c0, 2026-11-21",
        limits="five bodies each; what it prints as loss is the sum of both",
    )
