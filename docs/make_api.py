"""Write the API pages: each public name on the page of its concept.

A package's public names are its ``__all__``. Packages whose parts are imported one by one (experiments,
the command line) are listed module by module: ``__all__`` if there is one, else what the module
defines without a leading underscore.
"""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import get_origin

import pyg_energyloss

FOLDER = Path(__file__).parent / "api"
PAGES = {
    "losses": ["losses", "presets", "functional"],
    "stiffness": ["stiffness", "potentials", "radial"],
    "edges": ["samplers", "transforms"],
    "restraints": ["restraints"],
    "rigidity": ["rigidity", "symmetry"],
    "spins": ["spins"],
    "generative": ["generative", "degree"],
    "models": ["models", "models.denoisers", "models.crystals"],
    "metrics": ["metrics", "metrics.generated"],
    "data": ["data", "data.crystals", "data.proteins"],
    "experiments": [
        "files",
        "experiments",
        "experiments.fitting",
        "experiments.executors",
        "experiments.structures",
        "experiments.generation",
        "experiments.spins",
        "experiments.crystals",
        "experiments.proteins",
    ],
    "hosts": ["hosts", "hosts.patches", "hosts.export"],
    "registry": ["registry"],
    "testing": ["testing"],
    "report": ["report", "paper"],
    "cli": ["cli", "cli.edges", "cli.hosts"],
}
TITLES = {"cli": "Command line"}
#: Listed module by module.
BY_MODULE = {
    "experiments",
    "experiments.fitting",
    "experiments.structures",
    "experiments.generation",
    "experiments.spins",
    "experiments.crystals",
    "experiments.proteins",
    "cli",
    "cli.edges",
    "cli.hosts",
}
#: Not pages of their own: kernels, and parts whose names the package above offers.
PRIVATE = {
    "data.embedded",
    "data.formats",
    "functional.crystals",
    "functional.engine",
    "functional.geometry",
    "functional.spins",
    "hosts.swaps",
    "loops",
    "losses.parts",
    "losses.spins",
    "paper.exhibits",
    "report.kinds",
    "samplers.crystals",
}


def modules_of(short):
    """Name of the module, and of its parts where those are listed one by one."""
    name = f"pyg_energyloss.{short}"
    yield name
    if short in BY_MODULE:
        for part in pkgutil.iter_modules(importlib.import_module(name).__path__, f"{name}."):
            if not part.ispkg and not part.name.rpartition(".")[2].startswith("_"):
                yield part.name


def public_names(module):
    """What a module offers."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    names = constants(module)
    for name, value in vars(module).items():
        if has_docstring_of_its_own(value) and value.__module__ == module.__name__:
            names.append(name)
    return [name for name in names if not name.startswith("_")]


def constants(module):
    """Names that a module assigns at its top level."""
    names = []
    for statement in ast.parse(inspect.getsource(module)).body:
        if isinstance(statement, ast.Assign):
            names += [target.id for target in statement.targets if isinstance(target, ast.Name)]
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            names.append(statement.target.id)
    return names


def page(concept):
    """One page: each module's sentence and its names."""
    lines = [f"# {TITLES.get(concept, concept.capitalize())}", ""]
    for short in PAGES[concept]:
        for name in modules_of(short):
            module = importlib.import_module(name)
            lines += [f"## `{name}`", "", (inspect.getdoc(module) or "").split("\n\n")[0], ""]
            for public in public_names(module):
                value = getattr(module, public)
                if has_docstring_of_its_own(value):
                    lines += [f"::: {value.__module__}.{value.__qualname__}", ""]
                elif isinstance(value, str) and "\n" in value:
                    lines += [f"### `{name}.{public}`", "", "Text that `--help` shows.", ""]
                elif public in constants(module):
                    lines += [f"::: {name}.{public}", ""]
                else:
                    lines += [f"### `{name}.{public}`", "", described(value), ""]
    return "\n".join(lines)


def described(value):
    """A constant of another module: its keys or entries, for an object only its type."""
    kind = type(value).__name__
    if not isinstance(value, dict | tuple):
        return f"`{kind}`"
    return f"A {kind}, {'keys' if isinstance(value, dict) else 'entries'}: " + ", ".join(
        f"`{entry}`" for entry in value
    )


def has_docstring_of_its_own(value):
    """Functions and classes of this library; no constants, aliases, names of other libraries."""
    if get_origin(value) is not None:  # Experiment[Any, Any] looks like the class it is made of
        return False
    ours = getattr(value, "__module__", None) or ""
    return callable(value) and hasattr(value, "__qualname__") and ours.startswith("pyg_energyloss")


def problems():
    """Sentences about what is public and not documented, or documented on no page."""
    paged = {short for shorts in PAGES.values() for short in shorts}
    missing = sorted(packages() - paged - PRIVATE)
    found = [
        f"pyg_energyloss.{short} is on no page: see PAGES of docs/make_api.py" for short in missing
    ]
    for concept, shorts in PAGES.items():
        for name in (name for short in shorts for name in modules_of(short)):
            module = importlib.import_module(name)
            if not inspect.getdoc(module):
                found.append(f"{name} has no docstring")
            for public in public_names(module):
                value = getattr(module, public)
                if has_docstring_of_its_own(value) and not inspect.getdoc(value):
                    found.append(f"{name}.{public} has no docstring")
        path = FOLDER / f"{concept}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != page(concept):
            found.append(f"docs/api/{concept}.md is not up to date: run python docs/make_api.py")
    return found


def packages():
    """Public modules of the library and public packages in them, without the library's name."""
    found = set()
    for part in pkgutil.iter_modules(pyg_energyloss.__path__):
        if not part.name.startswith("_"):
            found.add(part.name)
            module = importlib.import_module(f"pyg_energyloss.{part.name}")
            paths = getattr(module, "__path__", [])
            inner = [f"{part.name}.{sub.name}" for sub in pkgutil.iter_modules(paths) if sub.ispkg]
            found.update(name for name in inner if not name.rpartition(".")[2].startswith("_"))
    return found


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for concept in PAGES:
        (FOLDER / f"{concept}.md").write_text(page(concept), encoding="utf-8")
