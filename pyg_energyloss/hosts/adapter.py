"""Swap losses in a host's module and tell them the batch: what all adapters have in common."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils.hooks import RemovableHandle

from pyg_energyloss.hosts.context import HostContext, check_paths, set_context
from pyg_energyloss.hosts.flat_loss import FlatLoss
from pyg_energyloss.hosts.settings import HostSettings, check_swaps
from pyg_energyloss.hosts.swaps.capture import capture_fields, is_capture
from pyg_energyloss.hosts.swaps.imports import ImportSwap, is_import_path
from pyg_energyloss.hosts.swaps.late import after, makers
from pyg_energyloss.hosts.swaps.paths import MISSING, lookup, nothing_called, replace
from pyg_energyloss.hosts.swaps.presets import with_presets
from pyg_energyloss.hosts.swaps.recall import in_backward
from pyg_energyloss.hosts.swaps.watch import SwapWatch

log = logging.getLogger("pyg_energyloss")


class HostAdapter:
    """Replace attributes of a module by energy losses for as long as it is attached.

    Args:
        settings: what to swap and where the fields of the context are.

    Raises:
        ValueError: an unknown field.
    """

    def __init__(self, settings: HostSettings) -> None:
        self.settings = settings = with_presets(settings)
        fields = check_paths(settings.fields)
        self._captured = {k: str(path) for k, path in fields.items() if is_capture(path)}
        self._read = {k: path for k, path in fields.items() if not is_capture(path)}
        self._values: dict[str, Any] = {}
        self._swapped: dict[str, Callable[[], None]] = {}
        self._followed: list[Callable[[], None]] = []
        self._handles: list[RemovableHandle] = []
        self._owner: torch.nn.Module | None = None
        self._watches: list[SwapWatch] = []

    @property
    def attached(self) -> bool:
        """Whether losses are swapped now."""
        return self._owner is not None

    def attach(self, module: torch.nn.Module) -> None:
        """Swap the losses of ``module``; says once in the log what was changed.

        An attribute that the host makes later, or makes again, is swapped whenever it was made.

        Raises:
            ValueError: the module has no such attribute or submodule, or it cannot be a loss.
        """
        if self.attached:
            return
        losses = {path: FlatLoss(**swap) for path, swap in self.settings.swap.items()}
        try:
            self._handles = capture_fields(module, self._captured, self._record)
            for path, loss in losses.items():
                watch = SwapWatch(path, warn=loss.check == "warn")
                loss.on_call = watch
                self._watches.append(watch)
                if is_import_path(path):
                    self._import(path, loss)
                else:
                    self._follow(module, path, loss)
        except Exception:
            self._restore()
            raise
        self._owner = module

    def _record(self, field: str, value: Any) -> None:
        # A forward pass that checkpointing repeats may be one of another batch.
        if not in_backward():
            self._values[field] = value

    def _follow(self, module: torch.nn.Module, path: str, loss: FlatLoss) -> None:
        """Swap what the path leads to now, and whenever a method of the module makes it again."""
        attribute = path.partition(".")[0]
        makes = makers(module, attribute)
        if lookup(module, path) is not MISSING:
            self._swap(module, path, loss)
        elif not makes or lookup(module, attribute) is not MISSING:
            raise ValueError(nothing_called(module, path))
        else:
            log.warning(
                "%s.%s is made by %s(), and swapped then (switched on by %s)",
                type(module).__name__, path, "(), ".join(makes), self.settings.origin,
            )  # fmt: skip

        def again() -> None:
            if lookup(module, attribute) is not MISSING and lookup(module, path) is not loss:
                self._swap(module, path, loss)

        self._followed += [after(module, method, again) for method in makes]

    def _import(self, path: str, loss: FlatLoss) -> None:
        swap = ImportSwap(path, loss, self.settings.origin)
        self._followed.append(swap.undo)
        swap.install()

    def _swap(self, module: torch.nn.Module, path: str, loss: FlatLoss) -> None:
        old = lookup(module, path)
        if old is not MISSING and not callable(old):
            raise ValueError(
                f"{path!r} of {type(module).__name__} is not a loss but {_shown(old)}; name what "
                "the training step calls as loss(pred, target)"
            )
        undo = replace(module, path, loss)
        loss.stand_in_for(old)
        loss.joined_with(old)
        self._swapped[path] = undo
        # A warning, so that it is seen by default: nobody should train with another loss
        # than the source says without a line in the log.
        log.warning(
            "%s.%s: %s -> %s (switched on by %s)",
            type(module).__name__, path, _shown(old), loss, self.settings.origin,
        )  # fmt: skip

    def enter(self, batch: Any) -> None:
        """Say that the host works on ``batch`` now."""
        # A new dict: the context before may still be needed by its backward pass.
        self._values = {}
        set_context(HostContext(batch, fields=self._read, values=self._values, owner=self._owner))

    def leave(self) -> None:
        """Say that the host has done with its batch; a loss called now raises."""
        self._values = {}
        set_context(None)

    def trained(self) -> None:
        """Say that a training step has ended.

        Raises:
            WrongTargetError: a swapped loss was never called; ``check=warn`` only warns of it.
        """
        for watch in self._watches:
            watch.trained()
        self._watches = []

    def detach(self) -> None:
        """Put everything back as it was."""
        self.leave()
        self._restore()
        self._owner = None

    def _restore(self) -> None:
        for handle in self._handles:
            handle.remove()
        for undo in (*self._followed, *self._swapped.values()):
            undo()
        self._handles, self._followed, self._swapped, self._watches = [], [], {}, []


def settings_of(
    swap: Mapping[str, Any] | None,
    fields: Mapping[str, str | float] | None,
    origin: str = "arguments",
) -> HostSettings:
    """Return settings from plain values; a string stands for a loss with its default options.

    Raises:
        ValueError: a swap or a field is not understood.

    >>> settings_of({"loss_fn": "pair_energy"}, None).swap
    {'loss_fn': {'loss': 'pair_energy'}}
    """
    return HostSettings(
        check_swaps(swap or {}, origin),
        check_paths(fields or {}),
        origin,
    )


def _shown(old: Any) -> str:
    return (
        repr(old) if isinstance(old, torch.nn.Module) else getattr(old, "__qualname__", repr(old))
    )
