"""What is released: one version, and an sdist that gives the wheel that a bare environment runs."""

import json
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import pyg_energyloss

ROOT = Path(__file__).resolve().parents[1]
VERSION = pyg_energyloss.__version__
SCRIPT = """
import json, sys, importlib.util
import torch
from torch_geometric.data import Data
import pyg_energyloss as pel
loss = pel.PairEnergyLoss("exponential")
value = float(loss(torch.zeros(2, 3), Data(pos=torch.eye(3)[:2])))
lacking = [m for m in ("lightning", "matplotlib", "rich") if importlib.util.find_spec(m)]
print(json.dumps([pel.__version__, pel.__file__, value > 0, lacking]))
"""


def test_the_version_is_said_once_and_repeated_truly():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.search(r"^version: \"?([\d.]+)", citation, re.MULTILINE)[1] == VERSION
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in project
    assert 'path = "pyg_energyloss/_version.py"' in project


def _run(*command, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    pytest.importorskip("hatchling", reason="building needs hatchling")
    target = tmp_path_factory.mktemp("sdist")
    _run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(target), cwd=ROOT)
    return next(target.glob("*.tar.gz"))


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    """Built from the unpacked sdist, as pip would."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=source)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_sdist_has_what_a_packager_needs(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for name in ("LICENSE", "CHANGELOG.md", "CITATION.cff", "Makefile", "mkdocs.yml",
                 "tests/test_release.py", "docs/index.md", "examples/data/1crn_ca.pdb",
                 "plugins/template/pyproject.toml", "pyg_energyloss/py.typed"):  # fmt: skip
        assert name in names
    assert not any(re.match(r"(runs|site|dist|shared|\.venv)/", name) for name in names)


@pytest.mark.slow
def test_the_wheel_has_types_data_and_results(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in ("py.typed", "data/embedded/qm9_small.npz", "paper/results/compare.json"):
        assert f"pyg_energyloss/{name}" in names
    assert not any(name.startswith(("tests/", "docs/", "benchmarks/")) for name in names)
    _run(sys.executable, "-m", "twine", "check", "--strict", str(wheel))


@pytest.mark.slow
def test_the_wheel_works_without_extras_in_an_empty_folder(wheel, tmp_path):
    python = tmp_path / "environment" / "bin" / "python"
    _run(sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "environment"))
    site = next((tmp_path / "environment").glob("lib/python*/site-packages"))
    hidden = ("lightning", "pytorch_lightning", "matplotlib", "rich", "pyg_energyloss", "_pyg_")
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        editable = entry.name.startswith("__editable__") or "editable_impl" in entry.name
        if not editable and not entry.name.startswith(hidden):
            (site / entry.name).symlink_to(entry)
    _run(
        sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-deps",
        "--no-index", "--disable-pip-version-check", str(wheel),
    )  # fmt: skip
    empty = tmp_path / "empty"
    empty.mkdir()
    version, path, works, lacking = json.loads(_run(str(python), "-c", SCRIPT, cwd=empty))
    assert version == VERSION
    assert Path(path).is_relative_to(site)
    assert works
    assert lacking == []
    program = str(python.parent / "energyloss")
    assert VERSION in _run(program, "--version", cwd=empty)
    assert "table12" in _run(program, "paper", cwd=empty)


def test_what_a_user_of_a_host_installs_brings_no_lightning_of_its_own():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    plugin = tomllib.loads((ROOT / "plugins/lightning/pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["dependencies"], *project["optional-dependencies"]["hosts"]]
    asked += plugin["project"]["dependencies"]
    assert not [name for name in asked if "lightning" in name]
