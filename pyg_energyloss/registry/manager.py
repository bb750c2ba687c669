"""Discovery of plugins, one by one, so that a broken one leaves the others working.

pluggy's own ``load_setuptools_entrypoints`` stops at the first plugin that fails to import, and one
raising hook implementation discards the results of all; so both steps are done per plugin here.
"""

from __future__ import annotations

import os
import time
import warnings
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

import pluggy

from pyg_energyloss._version import __version__
from pyg_energyloss.registry.hookspecs import HOOKS, PROJECT, HookSpecs
from pyg_energyloss.registry.table import Entry, Table

ENTRY_POINT_GROUP = "pyg_energyloss"
BUILTIN = "pyg-energyloss"


@dataclass(frozen=True)
class PluginError:
    """Why a plugin, or a part of it, could not be used."""

    plugin: str
    distribution: str
    version: str
    phase: str
    error: str


@dataclass
class PluginInfo:
    """One plugin: where it comes from and what it registered."""

    plugin: str
    distribution: str
    version: str
    status: str = "loaded"
    seconds: float = 0.0
    registered: dict[str, list[str]] = field(default_factory=dict)


class PluginLoadError(RuntimeError):
    """Raised instead of a warning when ``PYG_ENERGYLOSS_STRICT_PLUGINS=1``."""


def _listed(variable: str) -> set[str] | None:
    value = os.environ.get(variable)
    if value is None:
        return None
    return {part.strip() for part in value.split(",") if part.strip()}


class PluginManager:
    """Loads the built-ins, then every allowed entry point of the group ``pyg_energyloss``."""

    def __init__(self) -> None:
        self.table = Table()
        self.infos: list[PluginInfo] = []
        self.errors: list[PluginError] = []
        self._pluggy = pluggy.PluginManager(PROJECT)
        self._pluggy.add_hookspecs(HookSpecs)
        self._load_builtins()
        self._load_entry_points()

    def register(self, plugin: Any, name: str, distribution: str, version: str) -> bool:
        """Register one plugin object and call its hooks; all of it or nothing of it.

        Returns:
            True if it was registered, False if it failed (the failure is in ``errors``).
        """
        started = time.perf_counter()
        info = PluginInfo(name, distribution, version)
        staged: list[Entry] = []
        phase = "register"
        try:
            self._pluggy.register(plugin, name=f"{distribution}/{name}")
            misspelt = [h for h in _energyloss_hooks(plugin) if h not in HOOKS.values()]
            if misspelt:
                self._fail(
                    info,
                    "hooks",
                    f"no such hook: {', '.join(misspelt)}; hooks: {', '.join(HOOKS.values())}",
                )
            for kind, hook in HOOKS.items():
                phase = hook
                for implementation in getattr(self._pluggy.hook, hook).get_hookimpls():
                    if implementation.plugin is plugin:
                        _call(implementation, kind, distribution, staged)
            phase = "names"
            for entry in staged:
                self.table.add(entry)
                info.registered.setdefault(entry.kind, []).append(entry.name)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; it is recorded below
            self._undo(plugin, info)
            self._fail(info, phase, f"{type(error).__name__}: {error}")
            return False
        finally:
            info.seconds = time.perf_counter() - started
            self.infos.append(info)
        return True

    def _undo(self, plugin: Any, info: PluginInfo) -> None:
        for kind, names in info.registered.items():
            for name in names:
                self.table.remove(kind, name, info.distribution)
        info.registered = {}
        info.status = "failed"
        if self._pluggy.is_registered(plugin):
            self._pluggy.unregister(plugin)

    def _fail(self, info: PluginInfo, phase: str, message: str) -> None:
        error = PluginError(info.plugin, info.distribution, info.version, phase, message)
        self.errors.append(error)
        text = (
            f"plugin {info.plugin!r} of {info.distribution} {info.version} failed in {phase}: "
            f"{message} (see `energyloss plugins --errors`)"
        )
        if os.environ.get("PYG_ENERGYLOSS_STRICT_PLUGINS") == "1":
            raise PluginLoadError(text)
        warnings.warn(text, RuntimeWarning, stacklevel=2)

    def _load_builtins(self) -> None:
        from pyg_energyloss.registry import builtins

        self.register(builtins, "builtins", BUILTIN, __version__)

    def _load_entry_points(self) -> None:
        allowed = _listed("PYG_ENERGYLOSS_PLUGINS")
        blocked = _listed("PYG_ENERGYLOSS_DISABLED_PLUGINS") or set()
        seen: set[tuple[str, str]] = set()
        for point in sorted(metadata.entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.name):
            distribution = point.dist.name if point.dist else "unknown"
            version = point.dist.version if point.dist else "unknown"
            if (point.name, distribution) in seen:
                continue
            seen.add((point.name, distribution))
            info = PluginInfo(point.name, distribution, version)
            keys = {point.name, distribution}
            if (allowed is not None and not keys & allowed) or keys & blocked:
                info.status = "disabled"
                self.infos.append(info)
                continue
            started = time.perf_counter()
            try:
                plugin = point.load()
            except Exception as error:  # noqa: BLE001 - importing foreign code may raise anything
                info.status = "failed"
                info.seconds = time.perf_counter() - started
                self.infos.append(info)
                self._fail(info, "import", f"{type(error).__name__}: {error}")
                continue
            import_seconds = time.perf_counter() - started
            self.register(plugin, point.name, distribution, version)
            self.infos[-1].seconds += import_seconds


def _energyloss_hooks(plugin: Any) -> list[str]:
    return [n for n in dir(plugin) if n.startswith("energyloss_") and hasattr(plugin, n)]


def _call(implementation: Any, kind: str, distribution: str, staged: list[Entry]) -> None:
    def register(name: str, target: Any, *, summary: str = "") -> None:
        staged.append(Entry(kind, name, target, distribution, summary))

    implementation.function(register)
