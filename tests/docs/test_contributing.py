"""The recipe of CONTRIBUTING.md, done as it is written, in an empty folder."""

import os
import re
import subprocess
import sys
import sysconfig
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPE = TEXT.split("## A new loss in ten minutes")[1].split("\n## ")[0]
FENCE = re.compile(r"^( *)```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
#: pip finds the build backend and the dependencies in the environment, not on the network.
OFFLINE = {"PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1"}
#: What pip would write for the library.
PROGRAM = """#!{}
from pyg_energyloss.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
"""
SHORTER = ["--steps", "2", "--eval-graphs", "4", "--batch-size", "4", "--workers", "1"]


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """Run a command in an empty folder, in an environment on top of this one."""
    pytest.importorskip("hatchling", reason="an editable install needs hatchling")
    pytest.importorskip("lightning", reason="training needs the extra train")
    environment, folder = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("empty")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    site = next(environment.glob("lib/python*/site-packages"))
    below = sysconfig.get_paths()["purelib"]
    # addsitedir, so that editable installs of the environment below count as well.
    (site / "below.pth").write_text(f"import site; site.addsitedir({below!r})\n")
    program = environment / "bin" / "energyloss"
    program.write_text(PROGRAM.format(environment / "bin" / "python"))
    program.chmod(0o755)
    path = f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    variables = os.environ | OFFLINE | {"PATH": path, "OMP_NUM_THREADS": "1"}

    def run(command):
        done = subprocess.run(
            command, cwd=folder, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    run.folder = folder
    return run


@pytest.fixture(scope="module")
def commands(shell):
    """Write the files of the recipe; return its commands in their order."""
    found = []
    for _, language, title, block in FENCE.findall(RECIPE):
        text = textwrap.dedent(block)
        if title:
            (shell.folder / title).write_text(text, encoding="utf-8")
        else:
            assert language == "console", block
            found += [line.removeprefix("$ ").split() for line in text.splitlines()]
    return found


def test_the_recipe_installs_and_its_tests_pass(shell, commands):
    found = [shell(command) for command in commands if "compare" not in command]
    assert len(found) == 3
    assert "5 passed" in found[1]
    assert "no plugin failed" in found[2]


@pytest.mark.slow
def test_the_recipe_trains_with_the_loss(shell, commands):
    shell(commands[0])
    (compare,) = (command for command in commands if "compare" in command)
    assert "soft_springs" in shell(compare + SHORTER)


def test_what_the_recipe_names_is_there():
    places = re.findall(r"`((?:functional|losses|registry|plugins|tests|docs)/[\w/.]*)`", TEXT)
    assert len(places) >= 5
    for place in places:
        folders = [ROOT / place, ROOT / "pyg_energyloss" / place]
        assert any(path.exists() or path.parent.is_dir() for path in folders), place
