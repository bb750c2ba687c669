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
        if settings is None and problem is None:
            return []
        from pyg_energyloss_lightning.fabric import FabricEnergyLoss

        return [_made(FabricEnergyLoss, settings, problem)]
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
            found.append(_made(callback_class(package), settings, problem))
    except Exception:  # an exception here would break every Trainer on the machine
        log.exception("pyg_energyloss changes nothing in this Trainer")
        return []
    return found


def _made(kind: Any, settings: Any, problem: Exception | None) -> Any:
    """A callback; what is wrong with its settings is raised when training starts, never now."""
    if problem is None:
        try:
            return kind(settings=settings)
        except Exception as error:  # noqa: BLE001 - raised at fit: nobody trains on without knowing
            problem = error
    return kind(problem=problem)


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
