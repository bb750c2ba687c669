"""Published and measured figures stay apart; verdicts follow from the measured ones alone."""

import json
import subprocess
import sys

import pytest

from pyg_energyloss.cli import main
from pyg_energyloss.paper import EXHIBITS, Exhibit, Row, Trend, build, write
from pyg_energyloss.paper import sources as source_module
from pyg_energyloss.paper.verdict import (
    NOT_MEASURED,
    Verdict,
    Word,
    both,
    fact,
    is_above,
    sample,
    share_is_above,
)


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
    ("words", "verdict"),
    [
        (("holds", "holds"), "holds"),
        (("holds", "not measured"), "partly"),
        (("holds", "contradicts"), "partly"),
        (("contradicts", "undecided"), "contradicts"),
        (("undecided", "one seed"), "undecided"),
        (("one seed", "not measured"), "one seed"),
        (("not measured", "not measured"), "not measured"),
    ],
)
def test_verdict(words, verdict):
    stated = (Trend("t", Verdict(Word(word))) for word in words)
    trends = (*stated, Trend("beyond", fact(True), ours=True))
    exhibit = Exhibit("table0", "t", ("x",), (Row("a", ("1",), ("2",)),), "p", "h", trends)
    assert exhibit.verdict == verdict
    assert "| a | 1 | 2 |" in exhibit.to_markdown()


THREE, LOW = sample([2.0, 2.1, 1.9]), sample([1.0, 1.1, 0.9])


@pytest.mark.parametrize(
    ("first", "second", "word"),
    [
        (THREE, LOW, "holds"),
        (LOW, THREE, "contradicts"),
        (THREE, sample([1.0, 2.0, 3.0]), "undecided"),
        (sample([1.0, 1.1]), sample([0.9, 1.0]), "undecided"),
        (THREE, sample([1.0]), "one seed"),
        (sample([2.0]), LOW, "one seed"),
        (THREE, 1.5, "holds"),
        (1.5, THREE, "contradicts"),
        (THREE, 1.95, "undecided"),
        (None, LOW, "not measured"),
        (THREE, {"mean": None, "sd": None, "n": 3}, "not measured"),
        (sample([1.0, 1.0]), sample([1.0, 1.0]), "undecided"),
        (sample([2.0, 2.0]), sample([1.0, 1.0]), "holds"),
    ],
)
def test_a_statement_holds_only_where_a_test_says_so(first, second, word):
    assert is_above(first, second).word == word


def test_the_test_is_welchs():
    """t = (2 - 1) / sqrt(1/3 + 0.01/3), by hand; its two-sided p with 2.04 degrees is 0.225."""
    found = is_above(sample([1.0, 2.0, 3.0]), sample([0.9, 1.0, 1.1]))
    assert found.p == pytest.approx(0.2249, abs=5e-4)
    assert is_above(THREE, LOW, by=1.0).word == "undecided"


def test_a_share_needs_trials_enough():
    assert share_is_above(1000, 1000, 0.99).word == "holds"
    assert share_is_above(100, 100, 0.99).word == "undecided"
    assert share_is_above(900, 1000, 0.99).word == "contradicts"


def test_a_statement_of_parts_is_as_good_as_its_weakest():
    weak, strong = Verdict(Word.HOLDS, p=0.04), Verdict(Word.HOLDS, p=0.001)
    assert both(strong, weak) is weak
    assert both(strong, Verdict(Word.UNDECIDED, p=0.2)).word == "undecided"
    assert both(strong, NOT_MEASURED) is NOT_MEASURED


def test_one_seed_is_never_more_than_one_seed():
    """The study of generators has lines of one seed; none of them may hold or contradict."""
    trends = {trend.text: trend.verdict.word for trend in build("table8").trends}
    assert trends["energy has more stable atoms than MSE (edm)"] == "one seed"


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


WITHOUT_EXTRAS = """
import contextlib, io, json, sys
for name in ("lightning", "matplotlib", "rich"):
    sys.modules[name] = None
from pyg_energyloss.cli import main
found = []
for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
        code = main(arguments)
    found.append([code, said.getvalue()])
print(json.dumps(found))
"""


def test_without_extras(tmp_path):
    extra = "pip install 'pyg-energyloss[train]'"
    expected = [
        (["paper"], 0, "table12"),
        (["paper", "table5"], 0, "local field"),
        (["paper", "table5", "--out", "x"], 1, extra),
        (["paper", "table11", "--measure", "--out", "x"], 1, extra),
    ]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EXTRAS, json.dumps([line[0] for line in expected])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for (arguments, code, text), (found, said) in zip(
        expected, json.loads(done.stdout), strict=True
    ):
        assert found == code, arguments
        assert text in said, arguments
