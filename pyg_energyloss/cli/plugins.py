"""``energyloss plugins``: what is installed, what each plugin registered, what failed."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from pyg_energyloss import registry


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss plugins``."""
    parser.description = "List the plugins and every name they registered."
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    parser.add_argument("--errors", action="store_true", help="only what failed to load")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the list; the exit code is 1 with ``--errors`` if anything failed."""
    plugins, errors = registry.plugins(), registry.errors()
    if options.json:
        document = {
            "plugins": [asdict(p) for p in plugins],
            "errors": [asdict(e) for e in errors],
            "names": {
                kind: {
                    name.name: {"distribution": name.distribution, "summary": name.summary}
                    for name in registry.describe(kind)
                }
                for kind in registry.HOOKS
            },
        }
        print(json.dumps(document, indent=2))
        return int(bool(options.errors and errors))
    if not options.errors:
        for plugin in plugins:
            print(
                f"{plugin.distribution} {plugin.version} ({plugin.plugin}): {plugin.status}, "
                f"{1e3 * plugin.seconds:.0f} ms"
            )
        for kind in registry.HOOKS:
            print(f"\n{kind}")
            for entry in registry.describe(kind):
                origin = (
                    "" if entry.distribution == "pyg-energyloss" else f"  [{entry.distribution}]"
                )
                print(f"  {entry.name:18s} {entry.summary}{origin}")
    if errors:
        print("\nerrors")
        for error in errors:
            print(f"  {error.distribution} {error.version} ({error.plugin}), {error.phase}:")
            print(f"    {error.error}")
    elif options.errors:
        print("no plugin failed")
    return int(bool(options.errors and errors))
