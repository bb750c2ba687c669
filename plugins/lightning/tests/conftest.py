"""Run the toy hosts as their users would, configured from outside, with their source as it is."""

import contextlib
import io
import json
import logging
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pyg_energyloss.hosts import set_context

#: Programs, which run when they are imported.
collect_ignore_glob = ["hosts/*"]

HOSTS = Path(__file__).parent / "hosts"
SWITCHES = ("PYG_ENERGYLOSS_SWAP", "PYG_ENERGYLOSS_HOST_CONFIG")


@pytest.fixture(autouse=True)
def switched_off(monkeypatch, tmp_path):
    for name in SWITCHES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    yield
    set_context(None)


@pytest.fixture
def run_host(monkeypatch):
    """Give ``run_host(script, *arguments, **environment)`` -> (last JSON line, all output).

    Runs the script as ``python script`` would, in this process, which saves importing torch again.
    """

    def run(script, *arguments, **environment):
        text = io.StringIO()
        handler = logging.StreamHandler(text)
        logger = logging.getLogger("pyg_energyloss")
        logger.addHandler(handler)
        try:
            with (
                monkeypatch.context() as patch,
                contextlib.redirect_stdout(text),
                torch.random.fork_rng(),
            ):
                patch.setattr(sys, "argv", [script, *arguments])
                for name, value in environment.items():
                    patch.setenv(name, value)
                runpy.run_path(str(HOSTS / script), run_name="__main__")
        finally:
            logger.removeHandler(handler)
        return _result(text.getvalue())

    return run


@pytest.fixture
def run_process(tmp_path):
    """Give the same as `run_host` in a process of its own."""

    def run(script, *arguments, **environment):
        found = subprocess.run(
            [sys.executable, str(HOSTS / script), *arguments],
            cwd=tmp_path, capture_output=True, text=True, check=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        )  # fmt: skip
        return _result(found.stdout + found.stderr)

    return run


def _result(output):
    results = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return (results[-1] if results else None), output
