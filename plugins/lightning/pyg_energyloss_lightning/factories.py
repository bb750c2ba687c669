"""What Lightning calls when a Trainer or a Fabric is made.

Lightning calls every installed factory without a try block, so an exception here would break every
Trainer on the machine. Nothing is imported beyond the standard library unless it is switched on, by
`pyg_energyloss.hosts.settings` or by a GraphGym configuration that names one of our losses.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

log = logging.getLogger("pyg_energyloss")


def lightning_pytorch() -> list[Any]:
    """Callbacks for ``lightning.pytorch.Trainer``."""
    return _callbacks("lightning.pytorch")


def pytorch_lightning() -> list[Any]:
    """Callbacks for ``pytorch_lightning.Trainer``; the class differs, so it has its own factory."""
    return _callbacks("pytorch_lightning")


def lightning_fabric() -> list[Any]:
    """Callbacks for ``lightning.fabric.Fabric``."""
    try:
        settings, problem = _settings()
        if problem is not None:
            log.error("pyg_energyloss changes nothing in this Fabric: %s", problem)
            return []
        if settings is None:
            return []
        from pyg_energyloss_lightning.fabric import FabricEnergyLoss

        return [FabricEnergyLoss(settings=settings)]
    except Exception:  # an exception here would break every Fabric on the machine
        log.exception("pyg_energyloss changes nothing in this Fabric")
        return []


def _callbacks(package: str) -> list[Any]:
    try:
        settings, problem = _settings()
        graphgym = _graphgym_loss()
        if settings is None and problem is None and graphgym is None:
            return []
        from pyg_energyloss_lightning.callback import callback_class

        found: list[Any] = []
        if graphgym is not None:
            from pyg_energyloss_lightning.graphgym import GraphGymBatch, register

            register()
            found.append(callback_class(package)(batches=GraphGymBatch))
        if settings is not None or problem is not None:
            found.append(callback_class(package)(settings=settings, problem=problem))
    except Exception:  # an exception here would break every Trainer on the machine
        log.exception("pyg_energyloss changes nothing in this Trainer")
        return []
    return found


def _settings() -> tuple[Any, Exception | None]:
    """Settings and None; or None and what is wrong with them, to be raised when training starts."""
    from pyg_energyloss.hosts.settings import read_settings

    try:
        return read_settings(), None
    except (OSError, ValueError) as error:
        return None, error


def _graphgym_loss() -> str | None:
    """The loss that a GraphGym program names, if it is one of ours; GraphGym is not imported."""
    module = sys.modules.get("torch_geometric.graphgym.config")
    model = getattr(getattr(module, "cfg", None), "model", None)
    name = getattr(model, "loss_fun", None)
    if not isinstance(name, str) or name in ("", "cross_entropy", "mse"):
        return None
    from pyg_energyloss import registry

    known = registry.names("loss")
    short = name.partition("?")[0]
    return name if short in known or short.rpartition(":")[2] in known else None
