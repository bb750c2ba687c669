"""Published and measured figures stay apart; verdicts follow from the measured ones alone."""

import json
import math
import subprocess
import sys

import pytest

from pyg_energyloss.cli import main
from pyg_energyloss.paper import EXHIBITS, Exhibit, Row, Trend, build, write
from pyg_energyloss.paper import sources as source_module
from pyg_energyloss.paper.values import above


@pytest.mark.parametrize("name", EXHIBITS)
def test_every_exhibit_has_full_lines(name):
    exhibit = build(name)
    assert exhibit.name == name
    assert exhibit.rows
    for row in exhibit.rows:
        assert len(row.published) == len(row.measured) == len(exhibit.columns)
    assert exhibit.command


@pytest.mark.parametrize("name", [n for n in EXHIBITS if n != "figure2"])
def test_without_results_nothing_is_claimed(name, monkeypatch, tmp_path):
    monkeypatch.setattr(source_module, "FOLDERS", (tmp_path,))
    exhibit = build(name)
    assert exhibit.verdict == "not measured"
    assert exhibit.measured_setting is None
    assert {cell for row in exhibit.rows for cell in row.measured} <= {"not measured"}


def test_published_figures_as_printed():
    rows = {row.label: row.published for row in build("table2").rows}
    assert rows["gdm + energy"] == ("89.8 ± 2.8", "99.3 ± 0.3", "97.7 ± 1.4", "99.9 ± 0.002")
    assert {r.label: r.published[0] for r in build("table5").rows}["local field"] == "45.6 ± 1.6"


@pytest.mark.parametrize(
    ("holds", "verdict"),
    [
        ((True, True), "holds"),
        ((True, None), "partly"),
        ((True, False), "partly"),
        ((False, False), "does not hold"),
        ((None, None), "not measured"),
    ],
)
def test_verdict(holds, verdict):
    trends = (*(Trend("t", value) for value in holds), Trend("beyond", True, ours=True))
    exhibit = Exhibit("table0", "t", ("x",), (Row("a", ("1",), ("2",)),), "p", "h", trends)
    assert exhibit.verdict == verdict
    assert "| a | 1 | 2 |" in exhibit.to_markdown()


def test_comparisons_know_what_is_missing():
    assert above(2.0, 1.0) is True
    assert above(1.0, 1.0) is False
    assert above(math.nan, 1.0) is None


def test_unknown_name():
    with pytest.raises(KeyError, match="`name` must be one of figure2"):
        build("table99")


def test_files(tmp_path):
    paths = write(build("figure2"), tmp_path)
    assert [p.suffix for p in paths] == [".json", ".md", ".png"]
    assert json.loads(paths[0].read_text())["verdict"] == "holds"


def test_command(tmp_path, capsys):
    assert main(["paper"]) == 0
    assert "table12" in capsys.readouterr().out
    assert main(["paper", "table5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "table5"
    assert main(["paper", "table5", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "table5.md").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["table99"], "there is no 'table99'"),
        (["table5", "--measure"], "--measure needs one figure or table"),
        (["table5", "--measure", "--out", "x"], "measured by another command: energyloss spins"),
    ],
)
def test_wrong_commands(arguments, message, capsys):
    assert main(["paper", *arguments]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["paper"], 0, "table12"),
        (["paper", "table5"], 0, "local field"),
        (["paper", "table5", "--out", "x"], 1, "pip install 'pyg-energyloss[train]'"),
        (["paper", "table11", "--measure", "--out", "x"], 1, "pip install 'pyg-energyloss[train]'"),
    ],
)
def test_without_extras(arguments, code, text, tmp_path):
    script = f"""
import sys
for name in ("lightning", "matplotlib", "rich"):
    sys.modules[name] = None
from pyg_energyloss.cli import main
sys.exit(main({arguments!r}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert text in done.stdout + done.stderr
