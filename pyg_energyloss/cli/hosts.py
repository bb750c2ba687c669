"""``energyloss hosts``: which frameworks can be reached, how, and what each switch is."""

from __future__ import annotations

import argparse
import json
import textwrap
from dataclasses import asdict

from pyg_energyloss import registry
from pyg_energyloss.hosts.description import Host


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``energyloss hosts``."""
    parser.description = "List the frameworks whose loss can be swapped, and how."
    parser.add_argument("name", nargs="?", help="one host in full")
    parser.add_argument("--json", action="store_true", help="machine-readable output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the list, or one host in full."""
    names = [options.name] if options.name else registry.names("host")
    hosts: list[Host] = [registry.create("host", name) for name in names]
    if options.json:
        documents = [asdict(host) | {"version": host.version} for host in hosts]
        print(json.dumps(documents, indent=2))
    elif options.name:
        _print_host(hosts[0])
    else:
        for host in hosts:
            state = f"{host.version} installed" if host.version else "not installed"
            how = host.switch or "no adapter; `energyloss hosts NAME` says why"
            print(f"{host.name:15s} {state:20s} {how}")
    return 0


def _print_host(host: Host) -> None:
    rows = {
        "host": host.name,
        "installed": host.version or "no",
        "mechanism": host.mechanism,
        "switch on by": host.switch or "-",
        "adapter": host.adapter or "none",
        "from": host.plugin,
        "checked": host.checked,
        "limits": host.limits or "-",
    }
    for key, value in rows.items():
        print(textwrap.fill(value, 96, initial_indent=f"{key:13s}", subsequent_indent=" " * 13))
