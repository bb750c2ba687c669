"""Every public name has a docstring and a place on an API page; no link of the pages is dead."""

import importlib
import re
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]


@pytest.fixture(scope="module")
def make_api():
    return SimpleNamespace(**runpy.run_path(str(DOCS / "make_api.py")))


def test_public_names_are_documented(make_api):
    assert make_api.problems() == []


def test_training_and_the_command_line_are_listed_module_by_module(make_api):
    text = make_api.page("training") + make_api.page("cli")
    for part in ("training.jobs.run_jobs", "training.defaults.MODELS", "cli.errors.UserError"):
        assert f"::: pyg_energyloss.{part}\n" in text


@pytest.mark.parametrize("package", ["training", "cli", "losses"])
def test_a_name_without_docstring_fails_the_build(make_api, monkeypatch, package):
    module = importlib.import_module(f"pyg_energyloss.{package}")

    def nameless():
        pass

    nameless.__module__ = module.__name__
    monkeypatch.setattr(module, "nameless", nameless, raising=False)
    monkeypatch.setattr(module, "__all__", [*module.__all__, "nameless"])
    assert f"{module.__name__}.nameless has no docstring" in make_api.problems()


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
