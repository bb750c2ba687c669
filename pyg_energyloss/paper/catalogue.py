"""The figures and tables by name, and what is done with them."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from pyg_energyloss.files import write_json, write_text
from pyg_energyloss.paper.exhibit import Exhibit
from pyg_energyloss.paper.sources import published

#: Tables 6 and 7 are the learning rates and weights of the paper's runs: nothing to measure.
EXHIBITS = (
    *("figure2", "figure3", "figure5"),
    *(f"table{number}" for number in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12)),
)


#: Nothing of these was measured; all that is known of them is in published.json.
UNMEASURED = ("table1", "table3", "table9")


def module_of(name: str) -> ModuleType:
    """Return the module that owns a figure or table; that of all others if none does.

    Raises:
        KeyError: there is none of this name.
    """
    if name not in EXHIBITS:
        raise KeyError(f"`name` must be one of {', '.join(EXHIBITS)}; got {name!r}")
    owner = "unmeasured" if name in UNMEASURED else f"exhibits.{name}"
    return importlib.import_module(f"pyg_energyloss.paper.{owner}")


def build(name: str) -> Exhibit:
    """Return a figure or table of the paper beside what was measured here.

    Args:
        name: One of ``EXHIBITS``.

    Returns:
        The exhibit; what was not measured says so.

    Raises:
        KeyError: there is none of this name.

    >>> build("table1").verdict
    'not measured'
    >>> build("figure2").verdict
    'holds'

    Source: arXiv 2511.02087; the published figures are in ``published.json`` beside this file.
    """
    owner = module_of(name)
    exhibit: Exhibit = owner.unmeasured(name) if name in UNMEASURED else owner.build()
    return exhibit


def write(exhibit: Exhibit, folder: Path) -> list[Path]:
    """Write an exhibit as JSON and Markdown, and as a picture if it is a figure."""
    document = {"source": published()["source"], **exhibit.to_dict()}
    written = [
        write_json(folder / f"{exhibit.name}.json", document),
        write_text(folder / f"{exhibit.name}.md", exhibit.to_markdown()),
    ]
    draw = getattr(module_of(exhibit.name), "draw", None)
    picture = draw(folder) if draw is not None else None
    return [*written, picture] if picture is not None else written
