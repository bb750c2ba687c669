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


@pytest.fixture(autouse=True)
def short_films_and_searches(monkeypatch):
    monkeypatch.setattr(command, "FRAMES", (3, 3))
    monkeypatch.setattr(command, "SWEEP", {1: (2, 8), 2: (2, 4), 3: (1, 2)})
    monkeypatch.setattr(contest, "ALPHA", (0.1,))
    monkeypatch.setattr(contest, "ACTIVATION", ("tanh",))
    monkeypatch.setattr(contest, "BENDING", (0.01, 1.0))


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


def test_a_first_look_writes_everything(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["springs", "--quick", "--points", "60", "--heat", "0.3", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "springs and sticks" in printed
    assert "stop learning at T*" in printed
    document = json.loads((out / "results.json").read_text())
    assert document["summary"]["springs"]["mean"] < 0.1
    assert document["plan"]["relative"] == [0.3]
    assert document["environment"]["date"]
    for name in ("sticks.png", "sticks_error.png", "barrier.png", "relaxation.gif"):
        assert (out / "plots" / name).stat().st_size > 2000
    assert (out / "plots" / "relaxation.gif").read_bytes().startswith(b"GIF8")
    assert (out / "metrics.csv").read_text().startswith("seed,model,test_error")
    assert (out / "temperature.csv").read_text().startswith("sticks,relative,temperature")
    page = (out / "report.html").read_text()
    assert "data:image/gif;base64" in page
    assert not re.findall(r'(?:src|href)="http', page)


def test_a_table_with_a_text_column_is_learned(tmp_path, capsys):
    table = write_table(tmp_path / "houses.csv")
    options = ["--csv", str(table), "--target", "price", "--sticks", "3", "--heat", "0.3"]
    assert main(["springs", "--quick", *options, "--out", str(tmp_path / "out")]) == 0
    assert "price from age, area" in " ".join(capsys.readouterr().out.split())


def test_several_targets_and_three_features_are_drawn_group_by_group(tmp_path):
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
