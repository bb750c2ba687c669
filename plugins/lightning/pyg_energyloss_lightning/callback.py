"""The Lightning callback: swaps losses when a run starts and tells them each batch."""
# ruff: noqa: ARG002, PLR0917 - the hooks have Lightning's signatures

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any

from pyg_energyloss.hosts import HostAdapter, HostSettings, settings_of

PACKAGES = ("lightning.pytorch", "pytorch_lightning")


class EnergyLossCallbackBase:
    """Swap loss attributes of a LightningModule for energy losses while a Trainer runs.

    Needs no change in the host: `swap` names attributes by dotted path, and the graph of each node
    is read from the batch that the Trainer hands out. Everything is put back at the end, and
    checkpoints have the same keys as before.

    Args:
        swap: attribute -> loss name, or the arguments of `pyg_energyloss.hosts.FlatLoss`; none
            gives the batch context alone, for losses that are already in place.
        fields: field of the context -> path in the batch, ``"self.path"`` in the module, or
            ``"in:SUBMODULE:ARGUMENT"``.
        settings: the same two, already read.
        batches: makes of a host's batch the object that fields are read from.
        problem: an error in the settings, raised when a run starts.

    Raises:
        ValueError: an unknown field, or arguments beside ``settings``.
    """

    def __init__(
        self,
        swap: Mapping[str, Any] | None = None,
        fields: Mapping[str, str | float] | None = None,
        *,
        settings: HostSettings | None = None,
        batches: Callable[[Any], Any] | None = None,
        problem: Exception | None = None,
    ) -> None:
        if settings is not None and (swap or fields):
            raise ValueError("give `swap` and `fields`, or `settings`, not both")
        self.adapter = HostAdapter(settings or settings_of(swap, fields))
        self.batches = batches
        self.problem = problem

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Swap the losses."""
        if self.problem is not None:
            raise self.problem
        self.adapter.attach(pl_module)

    def teardown(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Put everything back."""
        self.adapter.detach()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Put everything back."""
        self.adapter.detach()

    def _enter(self, batch: Any) -> None:
        self.adapter.enter(batch if self.batches is None else self.batches(batch))

    def on_train_batch_start(
        self,
        trainer: Any,
        pl_module: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Say which batch is trained on."""
        self._enter(batch)

    def on_train_batch_end(
        self,
        trainer: Any,
        pl_module: Any,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Say that the batch is done; raise if a swapped loss took no part in the first step."""
        self.adapter.trained()
        self.adapter.leave()

    def on_validation_batch_start(
        self,
        trainer: Any,
        pl_module: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Say which batch is validated on."""
        self._enter(batch)

    def on_validation_batch_end(
        self,
        trainer: Any,
        pl_module: Any,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Say that the batch is done."""
        self.adapter.leave()

    on_test_batch_start = on_validation_batch_start
    on_test_batch_end = on_validation_batch_end
    on_predict_batch_start = on_validation_batch_start
    on_predict_batch_end = on_validation_batch_end


@functools.cache
def callback_class(package: str) -> type[EnergyLossCallbackBase]:
    """Return the callback as a subclass of that package's ``Callback``, importing it now.

    Raises:
        ImportError: the package is not installed.
        ValueError: it is neither ``lightning.pytorch`` nor ``pytorch_lightning``.
    """
    if package not in PACKAGES:
        raise ValueError(f"`package` must be one of {', '.join(PACKAGES)}; got {package!r}")
    try:
        base = importlib.import_module(f"{package}.callbacks").Callback
    except ImportError as error:
        raise ImportError(
            f"{package} is missing; install the one of {' and '.join(PACKAGES)} that your program "
            f"imports, not both: pip install {package.replace('.pytorch', '').replace('_', '-')}"
        ) from error
    name = {"lightning.pytorch": "EnergyLossCallback"}.get(package, "PLEnergyLossCallback")
    found = type(name, (EnergyLossCallbackBase, base), {"__doc__": EnergyLossCallbackBase.__doc__})
    found.__module__ = __name__
    return found


def __getattr__(name: str) -> Any:
    # LightningCLI and pickle look the classes up here.
    if name == "EnergyLossCallback":
        return callback_class("lightning.pytorch")
    if name == "PLEnergyLossCallback":
        return callback_class("pytorch_lightning")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
