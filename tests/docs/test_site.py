"""Every public name has a docstring and a place on an API page; no link of the pages is dead."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import pyg_energyloss

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
#: Not for users: the command line has --help, engines and training are called by it.
PRIVATE = {"pyg_energyloss.cli", "pyg_energyloss.functional.engine", "pyg_energyloss.training"}


def public_modules():
    names = {m.name for m in pkgutil.iter_modules(pyg_energyloss.__path__, "pyg_energyloss.")}
    for package in sorted(names):
        if package.endswith(("__main__", "_version")) or package in PRIVATE:
            continue
        yield package
        module = importlib.import_module(package)
        for sub in pkgutil.iter_modules(getattr(module, "__path__", []), f"{package}."):
            if sub.ispkg and sub.name not in PRIVATE:
                yield sub.name


MODULES = list(public_modules())
API = "\n".join(page.read_text(encoding="utf-8") for page in (DOCS / "api").glob("*.md"))


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_documented(name):
    module = importlib.import_module(name)
    assert module.__doc__
    for public in module.__all__:
        value = getattr(module, public)
        if not callable(value) or not hasattr(value, "__qualname__"):
            assert f"`{name}.{public}`" in API, public
            continue
        assert inspect.getdoc(value), f"{name}.{public} has no docstring"
        here = (f"::: {value.__module__}.{value.__qualname__}\n", f"`{name}.{public}`")
        assert any(text in API for text in here), f"{name}.{public}: run python docs/make_api.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_link_is_dead(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if not link.startswith(("http", "#", "mailto:")):
            assert (page.parent / link.split("#")[0]).exists(), link


def test_code_of_the_migration_page_runs():
    text = (DOCS / "migration.md").read_text(encoding="utf-8")
    for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        exec(compile(block, "migration.md", "exec"), {})  # noqa: S102 - our own page
