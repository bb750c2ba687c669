"""The conda recipe names the version and the dependencies of pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest

import pyg_energyloss

ROOT = Path(__file__).parents[1]
CONDA = {"torch": "pytorch", "torch-geometric": "pytorch_geometric"}
yaml = pytest.importorskip("yaml")


def recipe():
    return yaml.safe_load((ROOT / "conda" / "recipe.yaml").read_text())


def test_the_recipe_has_the_version_of_the_library():
    assert recipe()["context"]["version"] == pyg_energyloss.__version__


def test_the_recipe_needs_what_the_library_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {f"python{project['requires-python']}"}
    for requirement in project["dependencies"]:
        name, least = re.fullmatch(r"([\w.-]+)(>=[\d.]+)", requirement).groups()
        wanted.add(CONDA.get(name, name) + least)
    context, given = recipe()["context"], recipe()["requirements"]["run"]
    shown = {line.replace("${{ python_min }}", context["python_min"]) for line in given}
    assert {line.replace(" ", "") for line in shown} == wanted
