import argparse
import csv
import json
import os
import re
import subprocess
import sys

import pytest

from pyg_energyloss.cli import compare as command
from pyg_energyloss.cli import main

pytest.importorskip("lightning")

SMALL = [
    *("--steps", "4", "--seeds", "1", "--batch-size", "8", "--eval-graphs", "6"),
    *("--model-arg", "gnn.channels=8", "--model-arg", "gnn.layers=1", "--workers", "1"),
]


def compare(*arguments):
    return main(["compare", *SMALL, *map(str, arguments)])


def specs(*arguments):
    parser = argparse.ArgumentParser()
    command.configure(parser)
    return command.specs_of(parser.parse_args(list(map(str, arguments))))


def test_writes_table_files_plots_and_report(runs_here, tmp_path, capsys):
    assert compare("--models", "gnn", "--losses", "mse,energy", "--out", tmp_path) == 0
    printed = capsys.readouterr()
    assert "energy" in printed.out
    assert "2/2" in printed.err
    results = json.loads((tmp_path / "results.json").read_text())
    assert [r["spec"]["loss"] for r in results["runs"]] == ["mse", "energy"]
    assert [row["labels"]["loss"] for row in results["rows"]] == ["mse", "energy"]
    assert {"torch", "torch-geometric", "lightning"} <= set(results["environment"]["versions"])
    assert results["settings"]["seed"] == 0
    assert [s["kind"] for s in results["sections"]] == ["dots", "curves", "structures", "table"]
    shown = results["sections"][2]["data"]
    assert [s["label"] for s in shown["sets"]] == ["gnn + mse", "gnn + energy"]
    assert len(shown["references"]) == 6
    rows = list(csv.DictReader((tmp_path / "metrics.csv").open()))
    assert {row["loss"] for row in rows} == {"mse", "energy"}
    report = (tmp_path / "report.html").read_text()
    assert "What the loss changes" in report
    assert not re.search(r'<(script|link|img)[^>]+(src|href)="http', report)


def test_your_own_file_and_the_denoise_task(runs_here, tmp_path):
    pytest.importorskip("ase")
    pytest.importorskip("rdkit")
    water = "3\n\nO 0 0 0.117\nH 0 0.757 -0.47\nH 0 -0.757 -0.47\n"
    (tmp_path / "w.xyz").write_text(water * 5)
    out = tmp_path / "out"
    code = compare(
        *("--dataset", tmp_path / "w.xyz", "--models", "gnn", "--losses", "energy", "--out", out),
        *("--task", "denoise", "--noise-levels", "0.1,0.4"),
    )
    assert code == 0
    results = json.loads((out / "results.json").read_text())
    assert results["group"] == "noise"
    assert [row["labels"]["noise"] for row in results["rows"]] == ["0.1 Å", "0.4 Å"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--models", "gnnn"], r"unknown model 'gnnn'; choices: .*gnn.* Did you mean 'gnn'\?"),
        (["--losses", "eenrgy"], r"unknown loss 'eenrgy'.*Did you mean 'energy'\?"),
        (["--dataset", "qm10"], r"unknown dataset 'qm10'; choices: .*qm9_small"),
        (["--dataset", "nowhere.xyz"], r"No such file or directory: nowhere\.xyz"),
        (["--noise-levels", "0.1"], "goes with --task denoise"),
        (["--model-arg", "channels=3"], r"must be NAME\.KEY=VALUE"),
        (["--models", "gnn", "--model-arg", "egnn.channels=3"], "with one of gnn as NAME"),
        (["--dataset-arg", "seed"], "expected KEY=VALUE, got 'seed'"),
        (["--dataset-arg", "nope=1"], "'qm9_small' cannot be made with {'nope': 1}.*'nope'"),
        (["--dataset-arg", "split_seed=x"], "'qm9_small' cannot be made with {'split_seed': 'x'}"),
        (["--loss-arg", "energy.stiffness=7"], "the loss 'energy' cannot be made with"),
        (["--model-arg", "gnn.nope=1"], "the model 'gnn' cannot be made with {.*'nope': 1"),
        (["--loss-arg", "energy.nope=1"], "the loss 'energy' cannot be made with {'nope': 1}"),
        (["--models", "gdm"], "the model 'gdm' .* is not for compare; choose from .*egnn"),
        (["--models", "spin_cnn"], "the model 'spin_cnn' .* is not for compare"),
        (["--losses", "local_field"], "the loss 'local_field' .* is not for compare"),
        (["--out", "/proc/nowhere"], "cannot write to --out /proc/nowhere"),
    ],
)
def test_wrong_input_ends_with_one_clear_line(tmp_path, capsys, arguments, message):
    out = [] if "--out" in arguments else ["--out", tmp_path]
    models = [] if "--models" in arguments else ["--models", "gnn"]
    assert compare(*out, *models, *arguments) == 1
    error = capsys.readouterr().err
    line = error.replace(
        next((s for s in error.splitlines(keepends=True) if "xTB energies" in s), "\0"), ""
    )
    assert re.search(message, line)
    assert line.count("\n") == 1
    assert not (tmp_path / "results.json").exists()


@pytest.mark.parametrize(
    "option",
    [
        ["--steps", "0"],
        ["--steps", "nan"],
        ["--seeds", "x"],
        ["--seeds", "0"],
        ["--seeds", "-1,2"],
        ["--seeds", "1,1"],
        ["--seeds", "0,4294967296"],
        ["--noise-levels", "-1"],
        ["--noise-levels", "nan"],
        ["--noise-levels", "inf"],
        ["--noise-levels", "0.1,0.1"],
        ["--learning-rate", "nan"],
        ["--learning-rate", "inf"],
        ["--learning-rate=-1e-3"],
        ["--models", "gnn,gnn"],
        ["--losses", "mse,mse"],
        ["--models", ","],
        ["--out", ""],
    ],
)
def test_wrong_values_are_a_wrong_command_line(option, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["compare", *option])
    assert ended.value.code == 2
    assert "expected" in capsys.readouterr().err


def test_a_learning_rate_of_zero_is_zero(tmp_path):
    given = ("--learning-rate", "0", "--models", "gnn", "--losses", "mse", "--out", tmp_path)
    assert {spec.learning_rate for spec in specs(*given)} == {0.0}


def test_the_default_comparison_is_the_measured_one(tmp_path):
    made = specs("--out", tmp_path, "--models", "gnn,egnn")
    assert {(s.steps, s.batch_size, s.eval_graphs, s.task) for s in made} == {
        (400, 64, 400, "geometry")
    }
    assert [s.seed for s in made] == [0] * 16 + [1] * 16
    assert [s.loss for s in made[:8]] == [
        "mse",
        "kabsch",
        "distance_l1",
        "lddt_kabsch",
        "energy",
        "energy_sparse",
        "multiscale",
        "multiscale_sparse",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n\nH 0 0 0\n", "has 1 atom"),
        ("2\n\nH 0 0 0\nH 0 0 nan\n", "finite"),
        ("3\n\nO 0 0 0.117\nH 0 0.757 -0.47\nH 0 -0.757 -0.47\n", "needs at least 3"),
    ],
)
def test_unusable_structures_end_with_one_clear_line(tmp_path, capsys, text, message):
    pytest.importorskip("ase")
    pytest.importorskip("rdkit")
    (tmp_path / "m.xyz").write_text(text)
    assert compare("--dataset", tmp_path / "m.xyz", "--out", tmp_path / "out") == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_failing_run_is_named_with_its_traceback_and_the_others_are_kept(
    runs_here, tmp_path, capsys
):
    """One value per graph cannot be minimised: every step of that run fails."""
    chosen = ("--models", "gnn", "--losses", "handedness,energy", "--out", tmp_path)
    broken = ("--loss-arg", "handedness.reduction=none")
    assert compare(*chosen, *broken) == 1
    printed = capsys.readouterr()
    assert re.search(r"run failed: gnn \+ handedness, seed 0 .*; see .*error\.txt", printed.err)
    results = json.loads((tmp_path / "results.json").read_text())
    assert [r["spec"]["loss"] for r in results["runs"]] == ["energy"]
    (failed,) = results["failed"]
    assert failed.startswith("gnn + handedness, seed 0")
    assert [row["failed"] for row in results["rows"]] == [[], ["0"]]
    (trace,) = tmp_path.glob("runs/*/error.txt")
    assert "Traceback" in trace.read_text()


@pytest.mark.parametrize("name", ["compare", "generate", "spins", "study", "report"])
def test_help_teaches_and_needs_no_torch(name):
    script = (
        "import sys\n"
        "from pyg_energyloss.cli import main\n"
        "try:\n"
        f"    main([{name!r}, '--help'])\n"
        "except SystemExit:\n"
        "    pass\n"
        "print('torch' in sys.modules or 'lightning' in sys.modules)\n"
    )
    environment = {"PYG_ENERGYLOSS_PLUGINS": "none"}
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )
    assert "usage: " in ended.stdout
    assert ended.stdout.splitlines()[-1] == "False"


def test_right_centres_are_counted_where_the_data_have_stereo_tags():
    plain, tagged = (
        specs("--models", "gnn", "--losses", "energy", "--dataset-arg", f"stereo={flag}")
        for flag in ("false", "true")
    )
    assert "stereo" not in plain[0].evaluators
    assert tagged[0].evaluators["stereo"] == {}
