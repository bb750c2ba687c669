"""``energyloss plugins``: what is installed, what each plugin registered, what failed."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import warnings
from dataclasses import asdict
from typing import Any

from pyg_energyloss import registry
from pyg_energyloss.registry.manager import BUILTIN, described


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss plugins``."""
    parser.description = "List the plugins and every name they registered."
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    parser.add_argument(
        "--errors", action="store_true", help="only what failed or is slow; exit code 1 on failure"
    )
    parser.add_argument(
        "--check", action="store_true", help="also import everything that is registered"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the list.

    Returns:
        1 with ``--errors`` or ``--check`` if anything failed, else 0; a plugin that is only slow or
        shares a name does not count as failed.
    """
    # What plugins print while they load, or are checked, is not what was asked for.
    with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
        # The same sentences are printed below.
        warnings.filterwarnings("ignore", message="plugin .*", category=RuntimeWarning)
        plugins, errors = registry.plugins(), registry.errors()
        if options.check:
            errors = errors + _broken_references(plugins)
    if options.json:
        print(json.dumps(_document(plugins, errors), indent=2))
    else:
        if not options.errors:
            _print_plugins(plugins)
        _print_errors(errors, always=options.errors or options.check)
    failed = any(not error.harmless for error in errors)
    return int(failed and (options.errors or options.check))


def _broken_references(plugins: list[registry.PluginInfo]) -> list[registry.PluginError]:
    versions = {plugin.distribution: plugin for plugin in plugins}
    broken = []
    for kind in registry.HOOKS:
        for entry in registry.describe(kind):
            try:
                entry.resolve()
            except KeyboardInterrupt:  # the user's
                raise
            except BaseException as error:  # noqa: BLE001 - foreign code may raise anything
                plugin = versions[entry.distribution]
                names = (plugin.plugin, plugin.distribution, plugin.version, kind)
                text = str(error) if isinstance(error, ImportError) else described(error)
                broken.append(registry.PluginError(*names, text))
    return broken


def _document(
    plugins: list[registry.PluginInfo], errors: list[registry.PluginError]
) -> dict[str, Any]:
    names: dict[str, dict[str, dict[str, str]]] = {}
    for kind in registry.HOOKS:
        names[kind] = {}
        for entry in registry.describe(kind):
            # A name that two distributions share is listed as the qualified names that work.
            key = entry.name if entry.name in registry.names(kind) else entry.qualified
            names[kind][key] = {"distribution": entry.distribution, "summary": entry.summary}
    return {
        "plugins": [asdict(plugin) for plugin in plugins],
        "errors": [asdict(error) for error in errors],
        "names": names,
    }


def _print_plugins(plugins: list[registry.PluginInfo]) -> None:
    for plugin in plugins:
        print(
            f"{plugin.distribution} {plugin.version} ({plugin.plugin}): {plugin.status}, "
            f"{1e3 * plugin.seconds:.0f} ms"
        )
    for kind in registry.HOOKS:
        print(f"\n{kind}")
        for entry in registry.describe(kind):
            origin = "" if entry.distribution == BUILTIN else f"  [{entry.distribution}]"
            print(f"  {entry.name:18s} {entry.summary}{origin}")


def _print_errors(errors: list[registry.PluginError], *, always: bool) -> None:
    if errors:
        print("\nproblems")
        for error in errors:
            print(f"  {error.distribution} {error.version} ({error.plugin}), {error.phase}:")
            print(f"    {error.error}")
    elif always:
        print("no plugin failed")
