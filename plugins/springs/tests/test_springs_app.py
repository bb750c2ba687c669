import contextlib
import io
import json
import re

import numpy as np
import pytest
from pyg_energyloss_springs.app import command, contest
from pyg_energyloss_springs.app.contest import hidden_units
from pyg_energyloss_springs.app.functions import TOYS
from pyg_energyloss_springs.app.problem import table_problem, toy_problem
from pyg_energyloss_springs.app.table import diabetes, read_csv

from pyg_energyloss import registry
from pyg_energyloss.cli import main
from pyg_energyloss.cli.errors import UserError

QUICK = ["springs", "--quick", "--points", "60", "--heat", "0.3"]


def shorten(patch):
    """Short films and searches."""
    for name, least in {"FRAMES": 3, "REPEATS": 30, "STEPS": 100, "FOLDS": 2}.items():
        patch.setattr(command, name, (getattr(command, name)[0], least))
    patch.setattr(command, "THERMAL", {1: (2, 4), 2: (2,), 3: (2,)})
    patch.setattr(command, "SWEEP", {1: (2, 8), 2: (2, 4), 3: (1, 2)})
    patch.setattr(contest, "ALPHA", (0.1,))
    patch.setattr(contest, "ACTIVATION", ("tanh",))
    patch.setattr(contest, "BENDING", (0.01, 1.0))


@pytest.fixture(autouse=True)
def short(monkeypatch):
    shorten(monkeypatch)


def write_table(path, rows=60, extra=""):
    rng = np.random.default_rng(0)
    lines = ["age,note,area,price"]
    for _ in range(rows):
        age, area = rng.random(2)
        lines.append(f"{age:.4f},old,{area:.4f},{3 * area - age**2:.4f}")
    path.write_text("\n".join(lines) + "\n" + extra, encoding="utf-8")
    return path


def test_the_command_comes_from_the_plugin():
    (entry,) = [e for e in registry.describe("command") if e.name == "springs"]
    assert "pyg-energyloss-springs" in str(entry)


@pytest.fixture(scope="module")
def looked(runs_here, tmp_path_factory):
    """A first look, with two seeds."""
    out = tmp_path_factory.mktemp("springs")
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as text:
        shorten(patch)
        assert main([*QUICK, "--seeds", "2", "--out", str(out)]) == 0
    return out, text.getvalue()


def test_a_first_look_writes_everything(looked):
    out, printed = looked
    assert "springs and sticks" in printed
    assert "stop learning at T*" in printed
    document = json.loads((out / "results.json").read_text())
    (row,) = [r for r in document["rows"] if r["labels"]["model"] == "springs and sticks"]
    assert row["values"]["test_error"]["mean"] < 0.1
    assert row["values"]["test_error"]["sd"] > 0
    assert document["environment"]["date"]
    for name in ("sticks.png", "how-many-sticks.png", "barrier.png", "relaxation.gif"):
        assert (out / "plots" / name).stat().st_size > 2000
    assert (out / "plots" / "relaxation.gif").read_bytes().startswith(b"GIF8")
    assert (out / "metrics.csv").read_text().startswith("model,run,parameters,test_error")
    assert (out / "temperature.csv").read_text().startswith("sticks,relative,temperature")
    page = (out / "report.html").read_text()
    assert "data:image/gif;base64" in page
    assert not re.findall(r'(?:src|href)="http', page)


def test_the_engine_keeps_finished_runs_and_makes_the_report_again(looked, capsys):
    """Other temperatures heat again and fit nothing; results.json is all that a report needs."""
    out, _ = looked
    before = {path: path.stat().st_mtime_ns for path in out.glob("runs/*/result.json")}
    another = [*QUICK[:-1], "0.6", "--seeds", "2", "--out", str(out)]
    assert main(another) == 0
    made = {path for path in out.glob("runs/*/result.json") if path not in before}
    assert {path.parent.name.split("-")[0] for path in made} == {"heat"}
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    (out / "report.html").unlink()
    capsys.readouterr()
    assert main(["report", str(out)]) == 0
    assert "springs and sticks" in capsys.readouterr().out
    assert "data:image/gif;base64" in (out / "report.html").read_text()


def test_any_study_of_runs_without_training_goes_by_name(runs_here, tmp_path, capsys):
    fields = ["points=40", "sticks=3", "folds=2"]
    study = ["study", "springs", *fields, "--models", "spline", "--out", str(tmp_path)]
    assert main(study) == 0
    assert "least-squares spline" in capsys.readouterr().out
    assert main([*study, "--losses", "mse"]) == 1
    assert "leave --losses out" in capsys.readouterr().err


def test_a_table_with_a_text_column_is_learned(runs_here, tmp_path, capsys):
    table = write_table(tmp_path / "houses.csv")
    options = ["--csv", str(table), "--target", "price", "--sticks", "3", "--heat", "0.3"]
    assert main(["springs", "--quick", *options, "--out", str(tmp_path / "out")]) == 0
    assert "price from age, area" in " ".join(capsys.readouterr().out.split())


def test_several_targets_and_three_features_are_drawn_group_by_group(runs_here, tmp_path):
    rng = np.random.default_rng(0)
    values = rng.random((50, 3))
    rows = [[*v, v.sum(), v[0] * v[1]] for v in values]
    path = tmp_path / "t.csv"
    body = "\n".join(";".join(f"{x:.5f}" for x in row) for row in rows)
    path.write_text("a;b;c;s;p\n" + body)
    options = ["--target", "s,p", "--group-size", "2", "--sticks", "2", "--heat", "1"]
    out = tmp_path / "out"
    assert main(["springs", "--quick", "--csv", str(path), *options, "--out", str(out)]) == 0
    assert (out / "plots" / "sticks.png").exists()
    assert not (out / "plots" / "relaxation.gif").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--csv", "none.csv", "--target", "y"], "cannot read --csv none.csv: No such file"),
        (["--csv", "houses.csv"], "--csv needs --target"),
        (["--target", "price"], "go with --csv"),
        (["--csv", "houses.csv", "--target", "cost"], "no column 'cost'; its columns are age"),
        (["--csv", "houses.csv", "--target", "price", "--features", "x"], "no column 'x'"),
        (["--csv", "short.csv", "--target", "price"], "at least 20 are needed"),
        (["--csv", "empty.csv", "--target", "price"], "must have a header line"),
        (["--csv", "twice.csv", "--target", "a"], "two columns called 'a'"),
        (["--csv", "only.csv", "--target", "price"], "no numeric column besides"),
        (["--csv", "binary.csv", "--target", "a"], "cannot read --csv binary.csv"),
        (["--noise", "-1"], "--noise must not be negative"),
        (["--points", "5"], "5 training points are too few"),
        (["--function", "waves", "--sticks", "100"], "more than 1500 nodes"),
    ],
)
def test_mistakes_are_explained_in_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_table(tmp_path / "houses.csv")
    write_table(tmp_path / "short.csv", rows=5)
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "twice.csv").write_text("a,a\n1,2\n")
    (tmp_path / "only.csv").write_text("name,price\n" + "x,1\n" * 30)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00" * 40)
    assert main(["springs", *arguments]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("energyloss: error: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("heat", ["", "a", "0,1", "nan", "-1"])
def test_temperatures_must_be_positive_numbers(heat, capsys):
    with pytest.raises(SystemExit):
        main(["springs", "--heat", heat])
    assert "expected temperatures relative to the barrier" in capsys.readouterr().err


def test_the_help_teaches(capsys):
    with pytest.raises(SystemExit):
        main(["springs", "--help"])
    printed = capsys.readouterr().out
    for word in (*TOYS, "diabetes", "--csv houses.csv --target price", "2508.19015"):
        assert word in printed


def test_rows_that_are_no_numbers_are_left_out(tmp_path):
    path = write_table(tmp_path / "t.csv", extra="0.1,old,,7\nx,old,0.2,7\n1,2\n")
    features, target, inputs, values = read_csv(path, ["price"])
    assert (features, target) == (("age", "area"), ("price",))
    assert inputs.shape == (60, 2)
    assert values.shape == (60, 1)


def test_infinite_entries_are_left_out(tmp_path):
    path = write_table(tmp_path / "t.csv", extra="inf,old,0.1,7\n")
    assert np.isfinite(read_csv(path, ["price"])[2]).all()


def test_a_reader_error_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="cannot read"):
        read_csv(tmp_path, ["price"])


def test_the_embedded_table_is_the_known_one():
    features, _, inputs, values = diabetes()
    assert inputs.shape == (442, 10)
    assert features[2] == "bmi"
    assert values.mean() == pytest.approx(152.13, abs=0.01)


def test_problems_are_repeatable_and_measured_from_the_training_mean():
    first, again = (toy_problem("bell", points=30, noise=0.1, seed=3) for _ in "ab")
    assert np.array_equal(first.train[1], again.train[1])
    assert first.train[1].mean() == pytest.approx(0)
    assert len(first.test[0]) == 1000
    table = table_problem("diabetes", diabetes(), seed=0)
    assert (len(table.train[0]), len(table.test[0])) == (332, 110)


@pytest.mark.parametrize(("parameters", "inputs", "outputs"), [(21, 1, 1), (81, 2, 1), (50, 10, 2)])
def test_the_network_has_as_many_parameters_and_not_many_more(parameters, inputs, outputs):
    hidden = hidden_units(parameters, inputs, outputs)
    count = hidden * (inputs + 1 + outputs) + outputs
    assert parameters <= count < parameters + inputs + 1 + outputs
