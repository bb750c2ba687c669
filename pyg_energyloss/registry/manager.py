"""Discovery of plugins, one by one, so that a broken one leaves the others working.

pluggy's own ``load_setuptools_entrypoints`` stops at the first plugin that fails to import, and one
raising hook implementation discards the results of all; so both steps are done per plugin here.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pluggy

from pyg_energyloss._version import __version__
from pyg_energyloss.registry import settings
from pyg_energyloss.registry.hookspecs import HOOKS, PROJECT, HookSpecs
from pyg_energyloss.registry.implementations import call_hook, hook_mistakes
from pyg_energyloss.registry.records import PluginError, PluginInfo, PluginLoadError
from pyg_energyloss.registry.table import Entry, Table

ENTRY_POINT_GROUP = "pyg_energyloss"
BUILTIN = "pyg-energyloss"


class PluginManager:
    """The built-ins and every allowed entry point of the group ``pyg_energyloss``.

    Nothing is loaded before `load`; while it runs, the names found so far can be looked up, so
    that a plugin may use the registry in its own code.
    """

    def __init__(self) -> None:
        self.table = Table()
        self.infos: list[PluginInfo] = []
        self.errors: list[PluginError] = []
        self._pluggy = pluggy.PluginManager(PROJECT)
        self._pluggy.add_hookspecs(HookSpecs)

    def load(self) -> None:
        """Load the built-ins, then the entry points.

        Raises:
            PluginLoadError: a plugin failed and ``PYG_ENERGYLOSS_STRICT_PLUGINS=1``.
        """
        from pyg_energyloss.registry import builtins

        self.register(builtins, PluginInfo("builtins", BUILTIN, __version__))
        # What a plugin prints is not what a command was asked for.
        with contextlib.redirect_stdout(sys.stderr):
            self._load_entry_points()
        self._record_clashes()

    def register(self, plugin: Any, info: PluginInfo) -> bool:
        """Register one plugin object and call its hooks; all of it or nothing of it.

        Returns:
            True if it was registered, False if it failed (the failure is in ``errors``).
        """
        started = time.perf_counter()
        self.infos.append(info)
        staged: list[Entry] = []
        phase = "register"
        try:
            self._pluggy.register(plugin, name=f"{info.distribution}/{info.plugin}")
            for kind, hook in HOOKS.items():
                phase = hook
                for implementation in getattr(self._pluggy.hook, hook).get_hookimpls():
                    if implementation.plugin is plugin:
                        staged += call_hook(implementation, kind, info.distribution)
            phase = "names"
            for entry in staged:
                self.table.add(entry)
                info.registered.setdefault(entry.kind, []).append(entry.name)
            mistakes = hook_mistakes(plugin)
        except KeyboardInterrupt:  # the user's
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin must not be able to end the process
            if phase != "register":
                self._undo(plugin, info)
            info.status = "failed"
            self._record(info, phase, described(error), error)
            return False
        finally:
            info.seconds += time.perf_counter() - started
        for mistake in mistakes:
            self._record(info, "hooks", mistake)
        return True

    def _undo(self, plugin: Any, info: PluginInfo) -> None:
        for kind, names in info.registered.items():
            for name in names:
                self.table.remove(kind, name, info.distribution)
        info.registered = {}
        self._pluggy.unregister(plugin)

    def _record(
        self, info: PluginInfo, phase: str, message: str, cause: BaseException | None = None
    ) -> None:
        error = PluginError(info.plugin, info.distribution, info.version, phase, message)
        self.errors.append(error)
        if settings.is_strict() and not error.harmless:
            raise PluginLoadError(str(error)) from cause

    def _load_entry_points(self) -> None:
        allowed = settings.listed(settings.ALLOW)
        blocked = settings.listed(settings.BLOCK) or []
        found: list[PluginInfo] = []
        for point, info in _entry_points():
            found.append(info)
            names = (info.plugin, info.distribution)
            if (allowed is not None and not settings.is_listed(*names, allowed)) or (
                settings.is_listed(*names, blocked)
            ):
                info.status = "disabled"
                self.infos.append(info)
                continue
            self._load_entry_point(point, info)
        for name in allowed or []:
            if not any(settings.is_listed(i.plugin, i.distribution, [name]) for i in found):
                missing = PluginInfo(name, name, "?", status="missing")
                self._record(missing, settings.ALLOW, "it is allowed, but not installed")

    def _load_entry_point(self, point: metadata.EntryPoint, info: PluginInfo) -> None:
        started = time.perf_counter()
        had_torch = "torch" in sys.modules
        try:
            plugin = point.load()
        except KeyboardInterrupt:  # the user's
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin must not be able to end the process
            info.status = "failed"
            info.seconds = time.perf_counter() - started
            self.infos.append(info)
            self._record(info, "import", f"{point.value}: {described(error)}", error)
            return
        info.seconds = time.perf_counter() - started
        self.register(plugin, info)
        limit = settings.slow_seconds()
        reason = ""
        if "torch" in sys.modules and not had_torch:
            reason = "it imports torch when it is loaded, which every command then waits for"
        elif info.seconds > limit:
            reason = f"it took {info.seconds:.1f} s to load (limit {limit:g} s)"
        if reason:
            remedy = "register 'module:attribute' strings, which are imported when they are used"
            self._record(info, "slow", f"{reason}; {remedy}")

    def _record_clashes(self) -> None:
        for first, *others in self.table.clashes():
            for other in others:
                self._record(
                    self._origin(other),
                    "clash",
                    f"the {other.kind} {other.name!r} is registered by {first.distribution} too; "
                    f"use '{first.qualified}' or '{other.qualified}'",
                )

    def _origin(self, entry: Entry) -> PluginInfo:
        return next(
            info
            for info in self.infos
            if info.distribution == entry.distribution
            and entry.name in info.registered.get(entry.kind, [])
        )


def _entry_points() -> Iterator[tuple[metadata.EntryPoint, PluginInfo]]:
    """Yield each entry point once; a distribution found twice on the path counts where first."""
    seen: set[tuple[str, str]] = set()
    for point in sorted(metadata.entry_points(group=ENTRY_POINT_GROUP), key=lambda p: p.name):
        # Broken metadata has no name or version; the plugin may work nevertheless.
        distribution = str(getattr(point.dist, "name", None) or "unknown")
        version = str(getattr(point.dist, "version", None) or "unknown")
        key = (point.name, settings.normalized(distribution))
        if key not in seen:
            seen.add(key)
            yield point, PluginInfo(point.name, distribution, version)


def described(error: BaseException) -> str:
    """What foreign code raised, in one line."""
    try:
        text = " ".join(str(error).split())
    except Exception as problem:  # noqa: BLE001 - its text is foreign code, too
        text = f"(its text raises {type(problem).__name__})"
    return f"{type(error).__name__}: {text}"
