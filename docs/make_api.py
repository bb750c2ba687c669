"""Write the API pages from ``__all__``: each public name on the page of its concept."""

import importlib
import inspect
from pathlib import Path

FOLDER = Path(__file__).parent / "api"
PAGES = {
    "losses": ["losses", "presets", "functional"],
    "stiffness": ["stiffness", "radial"],
    "edges": ["samplers", "transforms"],
    "rigidity": ["rigidity", "symmetry"],
    "spins": ["spins"],
    "generative": ["generative"],
    "models": ["models", "models.denoisers"],
    "evaluate": ["evaluate", "evaluate.generated"],
    "data": ["data"],
    "hosts": ["hosts", "hosts.patches"],
    "registry": ["registry"],
    "testing": ["testing"],
    "report": ["report", "paper"],
}


def page(concept: str, modules: list[str]) -> str:
    """One page: each module's sentence and its names."""
    lines = [f"# {concept.capitalize()}", ""]
    for short in modules:
        name = f"pyg_energyloss.{short}"
        module = importlib.import_module(name)
        lines += [f"## `{name}`", "", (inspect.getdoc(module) or "").split("\n\n")[0], ""]
        for public in module.__all__:
            value = getattr(module, public)
            if callable(value) and getattr(value, "__module__", "").startswith("pyg_energyloss"):
                lines += [f"::: {value.__module__}.{value.__qualname__}", ""]
            else:
                lines += [f"### `{name}.{public}`", "", f"`{type(value).__name__}`", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for concept, modules in PAGES.items():
        (FOLDER / f"{concept}.md").write_text(page(concept, modules), encoding="utf-8")
