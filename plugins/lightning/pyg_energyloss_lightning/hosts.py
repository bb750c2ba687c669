"""How Lightning, LightningCLI, Fabric and GraphGym are reached."""

from __future__ import annotations

from pyg_energyloss.hosts.description import Host

PLUGIN = "pyg-energyloss-lightning"


def lightning() -> Host:
    """Describe programs with a Lightning Trainer."""
    return Host(
        name="lightning",
        distributions=("lightning", "pytorch-lightning"),
        mechanism="entry points lightning.pytorch.callbacks_factory and "
        "pytorch_lightning.callbacks_factory",
        switch='PYG_ENERGYLOSS_SWAP="loss_fn=pair_energy"',
        adapter="pyg_energyloss_lightning:EnergyLossCallback",
        plugin=PLUGIN,
        checked="trained end to end in the test suite",
    )


def lightning_cli() -> Host:
    """Describe programs whose losses are named in LightningCLI's configuration."""
    return Host(
        name="lightning_cli",
        distributions=("jsonargparse",),
        mechanism="an importable class whose constructor takes plain values",
        switch="model.init_args.loss.class_path: pyg_energyloss.PairEnergyLoss",
        adapter="pyg_energyloss.hosts:FlatLoss",
        plugin=PLUGIN,
        checked="trained end to end in the test suite",
    )


def fabric() -> Host:
    """Describe programs with Lightning Fabric."""
    return Host(
        name="fabric",
        distributions=("lightning", "lightning-fabric"),
        mechanism="entry point lightning.fabric.callbacks_factory",
        switch='PYG_ENERGYLOSS_SWAP="loss_fn=pair_energy"',
        adapter="pyg_energyloss_lightning:FabricEnergyLoss",
        plugin=PLUGIN,
        checked="trained end to end in the test suite",
        limits="a loss that the loop calls as a function, and no module holds, cannot be swapped",
    )


def graphgym() -> Host:
    """Describe PyG's GraphGym."""
    return Host(
        name="graphgym",
        distributions=("torch-geometric",),
        mechanism="torch_geometric.graphgym.register.loss_dict, filled when the Trainer is made",
        switch="model.loss_fun: pair_energy",
        adapter="pyg_energyloss_lightning.graphgym:energy_loss",
        plugin=PLUGIN,
        checked="trained end to end in the test suite",
        limits="node-level heads; GraphGym's own mse and cross_entropy keep their names",
    )
