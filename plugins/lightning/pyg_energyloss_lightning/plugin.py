"""What this distribution registers in pyg_energyloss; nothing is imported before it is used."""

from __future__ import annotations

from pyg_energyloss.registry import hookimpl
from pyg_energyloss.registry.hookspecs import Register


@hookimpl
def energyloss_register_hosts(register: Register) -> None:
    """Register the hosts that Lightning's own mechanisms reach."""
    hosts = "pyg_energyloss_lightning.hosts"
    register("lightning", f"{hosts}:lightning", summary="any LightningModule with a loss attribute")
    register("lightning_cli", f"{hosts}:lightning_cli", summary="losses by class_path")
    register("fabric", f"{hosts}:fabric", summary="any module that Fabric sets up")
    register("graphgym", f"{hosts}:graphgym", summary="model.loss_fun: pair_energy")
