"""Everything by name: losses, stiffness laws, samplers, models, data sets, evaluators, hosts.

>>> from pyg_energyloss import registry
>>> "pair_energy" in registry.names("loss")
True
"""

from pyg_energyloss.registry.hookspecs import HOOKS, hookimpl
from pyg_energyloss.registry.lookup import (
    create,
    describe,
    entry,
    errors,
    get,
    names,
    plugins,
    reload,
)
from pyg_energyloss.registry.records import PluginError, PluginInfo, PluginLoadError
from pyg_energyloss.registry.table import AmbiguousNameError, Entry, UnknownNameError

__all__ = [
    "HOOKS",
    "AmbiguousNameError",
    "Entry",
    "PluginError",
    "PluginInfo",
    "PluginLoadError",
    "UnknownNameError",
    "create",
    "describe",
    "entry",
    "errors",
    "get",
    "hookimpl",
    "names",
    "plugins",
    "reload",
]
