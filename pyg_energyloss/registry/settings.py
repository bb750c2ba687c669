"""The environment variables that steer the loading of plugins."""

from __future__ import annotations

import os
import re

ALLOW = "PYG_ENERGYLOSS_PLUGINS"
BLOCK = "PYG_ENERGYLOSS_DISABLED_PLUGINS"
STRICT = "PYG_ENERGYLOSS_STRICT_PLUGINS"
SLOW = "PYG_ENERGYLOSS_SLOW_PLUGIN_SECONDS"
SLOW_DEFAULT = 1.0


def normalized(distribution: str) -> str:
    """Return a distribution's name as package indexes compare it (PEP 503).

    >>> normalized("My_Plugin.ASE")
    'my-plugin-ase'
    """
    return re.sub(r"[-_.]+", "-", distribution).lower()


def listed(variable: str) -> list[str] | None:
    """Return the comma-separated names in an environment variable; None if it is not set."""
    value = os.environ.get(variable)
    if value is None:
        return None
    return [part.strip() for part in value.split(",") if part.strip()]


def is_listed(plugin: str, distribution: str, names: list[str]) -> bool:
    """Whether a list of names has this plugin, by its own name or by its distribution's."""
    return plugin in names or normalized(distribution) in {normalized(name) for name in names}


def is_strict() -> bool:
    """Whether a plugin that fails raises an error."""
    return os.environ.get(STRICT) == "1"


def slow_seconds() -> float:
    """Return the loading time above which a plugin is reported; a wrong setting is the default."""
    try:
        return float(os.environ.get(SLOW, SLOW_DEFAULT))
    except ValueError:
        return SLOW_DEFAULT
