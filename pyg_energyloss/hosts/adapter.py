"""Swap losses in a host's module and tell them the batch: what all adapters have in common."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils.hooks import RemovableHandle

from pyg_energyloss.hosts.capture import capture_fields, is_capture
from pyg_energyloss.hosts.context import HostContext, check_fields, set_context
from pyg_energyloss.hosts.flat_loss import FlatLoss
from pyg_energyloss.hosts.paths import lookup, replace
from pyg_energyloss.hosts.settings import HostSettings

log = logging.getLogger("pyg_energyloss")


class HostAdapter:
    """Replace attributes of a module by energy losses for as long as it is attached.

    Args:
        settings: what to swap and where the fields of the context are.

    Raises:
        ValueError: an unknown field.
    """

    def __init__(self, settings: HostSettings) -> None:
        self.settings = settings
        fields = check_fields(settings.fields)
        self._captured = {k: path for k, path in fields.items() if is_capture(path)}
        self._read = {k: path for k, path in fields.items() if not is_capture(path)}
        self._values: dict[str, Any] = {}
        self._undo: list[Callable[[], None]] = []
        self._handles: list[RemovableHandle] = []
        self._owner: torch.nn.Module | None = None

    @property
    def attached(self) -> bool:
        """Whether losses are swapped now."""
        return self._owner is not None

    def attach(self, module: torch.nn.Module) -> None:
        """Swap the losses of ``module``; says once in the log what was changed.

        Raises:
            ValueError: the module has no such attribute or submodule.
        """
        if self.attached:
            return
        losses = {path: FlatLoss(**swap) for path, swap in self.settings.swap.items()}
        try:
            self._handles = capture_fields(module, self._captured, self._values.__setitem__)
            for path, loss in losses.items():
                old = lookup(module, path)
                loss.__dict__["replaced"] = old
                self._undo.append(replace(module, path, loss))
                # A warning, so that it is seen by default: nobody should train with another loss
                # than the source says without a line in the log.
                log.warning(
                    "%s.%s: %s -> %s (switched on by %s)",
                    type(module).__name__, path, _shown(old), loss, self.settings.origin,
                )  # fmt: skip
        except Exception:
            self._restore()
            raise
        self._owner = module

    def enter(self, batch: Any) -> None:
        """Say that the host works on ``batch`` now."""
        self._values.clear()
        set_context(HostContext(batch, fields=self._read, values=self._values, owner=self._owner))

    def leave(self) -> None:
        """Say that the host has done with its batch; a loss called now raises."""
        self._values.clear()
        set_context(None)

    def detach(self) -> None:
        """Put everything back as it was."""
        self.leave()
        self._restore()
        self._owner = None

    def _restore(self) -> None:
        for handle in self._handles:
            handle.remove()
        for undo in reversed(self._undo):
            undo()
        self._handles, self._undo = [], []


def settings_of(
    swap: Mapping[str, Any] | None, fields: Mapping[str, str] | None, origin: str = "arguments"
) -> HostSettings:
    """Return settings from plain values; a string stands for a loss with its default options.

    >>> settings_of({"loss_fn": "pair_energy"}, None).swap
    {'loss_fn': {'loss': 'pair_energy'}}
    """
    swaps = {
        path: {"loss": given} if isinstance(given, str) else dict(given)
        for path, given in (swap or {}).items()
    }
    return HostSettings(swaps, dict(fields or {}), origin)


def _shown(old: Any) -> str:
    return (
        repr(old) if isinstance(old, torch.nn.Module) else getattr(old, "__qualname__", repr(old))
    )
