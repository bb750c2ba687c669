"""The cells of each notebook run, in order, as one script."""

import json
import re
import runpy
from pathlib import Path

import pytest
import torch

NOTEBOOKS = sorted((Path(__file__).parents[1] / "examples" / "notebooks").glob("*.ipynb"))
SLOW = {"swap_the_loss", "your_molecules"}  # they train


def script_of(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    code = re.sub(r"^( *)%.*$", r"\1raise", code, flags=re.MULTILINE)  # pip, where it is missing
    shell = r"\1__import__('subprocess').run(\2, shell=True, check=True)"
    return re.sub(
        r"^( *)!(.*)$",
        lambda line: shell.replace(r"\1", line[1]).replace(r"\2", repr(line[2])),
        code,
        flags=re.MULTILINE,
    )


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.stem in SLOW else [])
        for path in NOTEBOOKS
    ],
)
def test_the_notebook_runs(path, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    script = tmp_path / "cells.py"
    script.write_text(script_of(path), encoding="utf-8")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    state = torch.get_rng_state()
    try:
        runpy.run_path(str(script), run_name="__main__")
    finally:
        torch.set_rng_state(state)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_committed_notebook_was_run_whole_and_without_errors(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
