"""What is known about a framework, for ``energyloss hosts`` and the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

#: What was checked of a program that `benchmarks/hosts/run_programs.py` runs.
TRIED = "trained with three seeds, source unchanged, wrong lines tried: docs/hosts/programs.md"


@dataclass(frozen=True, kw_only=True)
class Host:
    """How a framework is reached, and how far that was checked.

    Attributes:
        name: as in ``energyloss hosts NAME``.
        distributions: its distributions, any of which makes it installed; none for programs that
            are run from a checkout.
        mechanism: what the framework itself offers.
        switch: the one line that turns it on.
        adapter: "module:attribute" of ours.
        plugin: our distribution with the adapter.
        path: what ``@name`` stands for in a swap: an attribute of its module, or an import path;
            empty if the switch is another one.
        options: arguments of `FlatLoss` that go with the path; what a user writes wins.
        fields: where it keeps what the loss needs, likewise.
        checked: how far it was seen working, in plain words.
        tested: commit or version of the host that was tried, and the date; empty if none was.
        limits: what does not work.
    """

    name: str
    distributions: tuple[str, ...] = ()
    mechanism: str
    switch: str
    adapter: str
    plugin: str = "pyg-energyloss"
    path: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, str | float] = field(default_factory=dict)
    checked: str
    tested: str = ""
    limits: str = ""

    @property
    def version(self) -> str | None:
        """Version of the framework that is installed here, or None."""
        for name in self.distributions:
            try:
                return metadata.version(name)
            except metadata.PackageNotFoundError:
                continue
        return None
