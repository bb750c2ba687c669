"""Lookup by name; the plugins are discovered at the first call, never on import."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

from pyg_energyloss.registry.hookspecs import HOOKS
from pyg_energyloss.registry.manager import PluginManager
from pyg_energyloss.registry.records import PluginError, PluginInfo
from pyg_energyloss.registry.table import Entry

_lock = threading.RLock()
_manager: PluginManager | None = None


def _loaded() -> PluginManager:
    global _manager  # noqa: PLW0603 - the one lazily made plugin manager of the process
    with _lock:
        if _manager is not None:  # also while it loads: a plugin may look names up on import
            return _manager
        _manager = manager = PluginManager()
        try:
            manager.load()
        except BaseException:
            _manager = None
            raise
    # After loading, so that a filter that turns warnings into errors leaves the registry working.
    for error in manager.errors:
        if not error.harmless:
            warnings.warn(str(error), RuntimeWarning, stacklevel=3)
    return manager


def _check_kind(kind: str) -> None:
    if kind not in HOOKS:
        raise ValueError(f"`kind` must be one of {', '.join(HOOKS)}; got {kind!r}")


def get(kind: str, name: str) -> Callable[..., Any]:
    """Return the factory registered as ``name`` (or ``dist:name``).

    Raises:
        ValueError: there is no such kind.
        UnknownNameError: there is no such name; the message lists the choices.
        AmbiguousNameError: two distributions share the name.
    """
    return entry(kind, name).resolve()


def entry(kind: str, name: str) -> Entry:
    """Return the entry called ``name`` (or ``dist:name``), without importing what it stands for.

    Raises:
        ValueError: there is no such kind.
        UnknownNameError: there is no such name; the message lists the choices.
        AmbiguousNameError: two distributions share the name.
    """
    _check_kind(kind)
    return _loaded().table.lookup(kind, name)


def create(kind: str, name: str, **options: Any) -> Any:
    """Call the factory registered as ``name`` with ``options`` and return what it makes.

    Raises:
        ValueError: there is no such kind.
        UnknownNameError: there is no such name; the message lists the choices.
        AmbiguousNameError: two distributions share the name.
    """
    return get(kind, name)(**options)


def names(kind: str) -> list[str]:
    """Sorted names of a kind; a shared name appears once per distribution, as ``dist:name``."""
    _check_kind(kind)
    return _loaded().table.names(kind)


def describe(kind: str) -> list[Entry]:
    """All entries of a kind with their distribution and one-line summary."""
    _check_kind(kind)
    return _loaded().table.entries(kind)


def plugins() -> list[PluginInfo]:
    """The plugins found, also those that failed or are disabled."""
    return list(_loaded().infos)


def errors() -> list[PluginError]:
    """What went wrong while loading plugins."""
    return list(_loaded().errors)


def reload() -> None:
    """Forget what was discovered; the next lookup looks at the installed plugins again."""
    global _manager  # noqa: PLW0603 - see _loaded
    with _lock:
        _manager = None
