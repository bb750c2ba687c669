"""What this distribution registers in pyg_energyloss; nothing is imported before it is used."""

from __future__ import annotations

from pyg_energyloss.registry import hookimpl
from pyg_energyloss.registry.hookspecs import Register


@hookimpl
def energyloss_register_hosts(register: Register) -> None:
    """Register the hosts that Hydra's search path reaches."""
    hosts = "pyg_energyloss_hydra.hosts"
    register("hydra", f"{hosts}:hydra", summary="any Hydra program whose loss has a _target_")
    register("morered", f"{hosts}:morered", summary="MoreRed on SchNetPack 2: +eloss=morered")
    register("mattergen", f"{hosts}:mattergen", summary="MatterGen: +eloss=mattergen")
    register("cdvae", f"{hosts}:cdvae", summary="CDVAE: a model whose _target_ is ours")
    register("tabasco", f"{hosts}:tabasco", summary="TABASCO: +eloss=tabasco")
    register("diffcsp", f"{hosts}:diffcsp", summary="DiffCSP: +eloss=diffcsp")
