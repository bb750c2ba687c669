"""``energyloss hosts``: which frameworks can be reached, how, and what each switch is."""

from __future__ import annotations

import argparse
import json
import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pyg_energyloss import registry
from pyg_energyloss.hosts.description import Host
from pyg_energyloss.hosts.export import HOSTS


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
            print(f"{host.name:15s} {state:20s} {host.switch}")
    return 0


def _print_host(host: Host) -> None:
    rows = {
        "host": host.name,
        "installed": host.version or "no",
        "mechanism": host.mechanism,
        "the line": host.switch,
        "adapter": host.adapter,
        "from": host.plugin,
        "path": host.path,
        "options": _pairs(host.options),
        "fields": _pairs(host.fields),
        "checked": host.checked,
        "tested": host.tested or "not tried with the program itself",
        "data": f"energyloss export --host {host.name} DATA DIR" if host.name in HOSTS else "",
        "limits": host.limits,
    }
    for key, value in rows.items():
        if value:
            print(textwrap.fill(value, 96, initial_indent=f"{key:13s}", subsequent_indent=" " * 13))


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in values.items())
