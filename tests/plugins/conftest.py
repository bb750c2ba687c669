"""Environments with the first-party distributions built as wheels and installed by pip."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = sorted(p.parent for p in (ROOT / "plugins").glob("*/pyproject.toml"))
#: Entries of site-packages that belong to this project, however it is installed here.
OURS = ("pyg_energyloss", "_pyg_energyloss", "hydra_plugins", "__editable__", "_editable_impl_pyg")


def _run(command, **options):
    found = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert found.returncode == 0, f"{command}\n{found.stdout}\n{found.stderr}"
    return found.stdout


class Environment:
    """A virtual environment that has the dependencies of this one, but nothing of this project."""

    def __init__(self, folder):
        _run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
        self.python = folder / "bin" / "python"
        site = next(folder.glob("lib/python*/site-packages"))
        for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
            if not entry.name.startswith(OURS):
                (site / entry.name).symlink_to(entry)

    def install(self, wheels):
        _run(
            [sys.executable, "-m", "pip", "--python", str(self.python), "install", "-q",
             "--no-deps", "--no-index", "--disable-pip-version-check", *map(str, wheels)]
        )  # fmt: skip

    def run(self, *arguments, **options):
        return _run([str(self.python), *arguments], **options)


@pytest.fixture(scope="session")
def wheels(tmp_path_factory):
    """Build every first-party distribution; offline, with the build backend of this environment."""
    pytest.importorskip("hatchling", reason="building wheels needs hatchling")
    pytest.importorskip("pip", reason="installing wheels needs pip")
    target = tmp_path_factory.mktemp("wheels")
    for source in [ROOT, *PLUGINS]:
        _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
             cwd=source)  # fmt: skip
    return sorted(target.glob("*.whl"))


@pytest.fixture(scope="session")
def bare(tmp_path_factory):
    """An environment without anything of this project."""
    return Environment(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="session")
def installed(tmp_path_factory, wheels):
    """An environment with all wheels."""
    environment = Environment(tmp_path_factory.mktemp("installed"))
    environment.install(wheels)
    return environment
