import csv
import json
import os
import re
import signal
import subprocess
import sys

import pytest

from pyg_energyloss.cli import main

pytest.importorskip("lightning")

SMALL = [
    *("--steps", "4", "--seeds", "1", "--batch-size", "8", "--eval-graphs", "6"),
    *("--model-arg", "gnn.channels=8", "--model-arg", "gnn.layers=1", "--workers", "1"),
]


def compare(*arguments):
    return main(["compare", *SMALL, *map(str, arguments)])


def test_writes_table_files_plots_and_report(tmp_path, capsys):
    assert compare("--models", "gnn", "--losses", "mse,energy", "--out", tmp_path) == 0
    printed = capsys.readouterr()
    assert "gnn + energy" in printed.out
    assert "2/2" in printed.err
    results = json.loads((tmp_path / "results.json").read_text())
    assert [r["spec"]["loss"] for r in results["runs"]] == ["mse", "energy"]
    assert {"torch", "torch-geometric", "lightning"} <= set(results["environment"]["versions"])
    assert results["comparison"]["seeds"] == [0]
    rows = list(csv.DictReader((tmp_path / "metrics.csv").open()))
    assert [row["loss"] for row in rows] == ["mse", "energy"]
    assert float(rows[0]["bond_mae"]) == results["runs"][0]["metrics"][0]["bond_mae"]
    assert {p.name for p in (tmp_path / "plots").iterdir()} == {"metrics.png", "curves.png"}
    report = (tmp_path / "report.html").read_text()
    assert "What the loss changes" in report
    assert not re.search(r'<(script|link|img)[^>]+(src|href)="http', report)
    data = re.search(r'id="pel-data">(.*?)</script>', report, re.DOTALL).group(1)
    shown = json.loads(data)
    assert set(shown["predictions"]) == {"gnn + mse", "gnn + energy"}
    assert len(shown["molecules"]) == 6

    # The same command again runs nothing and shows the same.
    before = (tmp_path / "metrics.csv").read_text()
    assert compare("--models", "gnn", "--losses", "mse,energy", "--out", tmp_path) == 0
    assert (tmp_path / "metrics.csv").read_text() == before
    assert "1/2" not in capsys.readouterr().err


def test_your_own_file_and_the_denoise_task(tmp_path):
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
    assert [row["level"] for row in results["runs"][0]["metrics"]] == [0.1, 0.4]
    assert (out / "plots" / "noise.png").stat().st_size > 1000


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
        (["--out", "/proc/nowhere"], "cannot write to --out /proc/nowhere"),
    ],
)
def test_wrong_input_ends_with_one_clear_line(tmp_path, capsys, arguments, message):
    out = [] if "--out" in arguments else ["--out", tmp_path]
    assert compare(*out, *arguments) == 1
    error = capsys.readouterr().err
    assert re.search(message, error)
    assert error.count("\n") == 1


@pytest.mark.parametrize("option", [["--steps", "0"], ["--seeds", "x"], ["--noise-levels", "-1"]])
def test_wrong_numbers_are_a_wrong_command_line(option, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["compare", *option])
    assert ended.value.code == 2
    assert "expected" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\n\nH 0 0 0\n", "has 1 atom"),
        ("2\n\nH 0 0 0\nH 0 0 nan\n", "expected finite numbers"),
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


def test_a_failing_run_is_named_and_the_others_are_kept(tmp_path, capsys):
    """local_field wants spins: every step of it fails, the run beside it does not."""
    code = compare("--models", "gnn", "--losses", "local_field,energy", "--out", tmp_path)
    assert code == 1
    printed = capsys.readouterr()
    assert "run failed: gnn + local_field, seed 0" in printed.err
    results = json.loads((tmp_path / "results.json").read_text())
    assert [r["spec"]["loss"] for r in results["runs"]] == ["energy"]
    assert list(results["errors"]) == ["gnn + local_field, seed 0"]
    assert "Failed runs" in (tmp_path / "report.html").read_text()


def test_ctrl_c_keeps_what_is_done(tmp_path):
    command = [sys.executable, "-m", "pyg_energyloss", "compare", *SMALL, "--models", "gnn"]
    command += ["--losses", "mse,energy", "--out", str(tmp_path), "--seeds", "50"]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background job has SIGINT ignored, and its children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    for line in process.stderr:
        if line.startswith("2/100"):
            break
    os.killpg(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command continues" in error
    assert "Traceback" not in error
    assert len(json.loads((tmp_path / "results.json").read_text())["runs"]) >= 2


def test_help_teaches(capsys):
    with pytest.raises(SystemExit):
        main(["compare", "--help"])
    shown = capsys.readouterr().out
    assert "examples:" in shown
    assert "--noise-levels" in shown
