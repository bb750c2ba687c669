import json
import signal
import subprocess
import sys

import pytest

from pyg_energyloss.cli import main
from pyg_energyloss.experiments.spins.spec import (
    PAPER_LEARNING_RATE,
    learning_rate,
    loss_options,
)

pytest.importorskip("pymatching", reason="exact ground states need PyMatching")
pytest.importorskip("lightning", reason="training needs Lightning")

SMALL = ["--size", "3", "--train", "20", "--test", "6", "--steps", "3", "--width", "4"]


@pytest.fixture(scope="module")
def ran(runs_here, tmp_path_factory):
    out = tmp_path_factory.mktemp("spins")
    command = ["spins", *SMALL, "--losses", "spin_cross_entropy,local_field+flip"]
    command += ["--seeds", "2", "--sweeps", "5", "--out", str(out)]
    return command, main(command), out


def test_it_writes_results_table_plots_and_a_report(ran, capsys):
    command, code, out = ran
    assert code == 0
    results = json.loads((out / "results.json").read_text())
    assert len(results["runs"]) == 4
    assert not results["failed"]
    assert results["environment"]["versions"]["torch"]
    by_loss = {row["labels"]["loss"]: row["values"] for row in results["rows"]}
    assert by_loss["local_field+flip"]["excess_energy"]["n"] == 2
    assert by_loss["spin_cross_entropy"]["paper"]["mean"] == 58.8
    assert by_loss["spin_cross_entropy"]["of_reference"]["mean"] == 1.0
    assert [row["labels"]["loss"] for row in results["baselines"]] == [
        "random spins",
        "strongest bonds first",
        "simulated annealing, 5 sweeps",
    ]
    assert [s["kind"] for s in results["sections"]] == ["dots", "curves", "lattices", "table"]
    for run in results["runs"]:
        assert run["spec"]["learning_rate"] == learning_rate(run["spec"]["loss"])
        assert run["spec"]["loss_options"] == loss_options(run["spec"]["loss"])
    assert "local_field+flip" in (out / "metrics.csv").read_text()
    page = (out / "report.html").read_text()
    assert "local_field+flip" in page
    assert 'src="http' not in page
    # The same command again runs nothing anew and prints the same table.
    before = {p: p.stat().st_mtime_ns for p in out.rglob("result.json")}
    assert main(command) == 0
    assert {p: p.stat().st_mtime_ns for p in out.rglob("result.json")} == before
    printed = capsys.readouterr().out
    assert "excess energy" in printed
    assert "simulated annealing" in printed
    # The report is made again from results.json alone.
    page = (out / "report.html").read_text()
    (out / "report.html").unlink()
    assert main(["report", str(out)]) == 0
    assert (out / "report.html").read_text() == page
    assert "excess energy" in capsys.readouterr().out


def test_ctrl_c_keeps_what_is_done(tmp_path):
    arguments = [sys.executable, "-m", "pyg_energyloss", "spins", *SMALL, "--seeds", "50"]
    arguments += ["--losses", "local_field,true_energy", "--out", str(tmp_path), "--workers", "1"]
    process = subprocess.Popen(
        arguments,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell's background job has SIGINT ignored, and its children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    for line in process.stderr:
        if line.startswith("3/101"):
            break
    process.send_signal(signal.SIGINT)
    _, error = process.communicate()
    assert process.returncode == 130
    assert "the same command continues" in error
    assert "Traceback" not in error
    assert len(json.loads((tmp_path / "results.json").read_text())["runs"]) >= 2


def test_on_a_torus_with_the_graph_network(runs_here, tmp_path):
    command = ["spins", *SMALL, "--periodic", "--models", "spin_gnn,spin_cnn", "--seeds", "1"]
    command += ["--losses", "local_field", "--loss-arg", "local_field.h0=0.5", "--sweeps", "2"]
    assert main([*command, "--out", str(tmp_path)]) == 0
    runs = json.loads((tmp_path / "results.json").read_text())["runs"]
    assert {r["spec"]["model"] for r in runs} == {"spin_gnn", "spin_cnn"}
    assert runs[0]["spec"]["loss_options"] == {"h0": 0.5}


def test_the_papers_configuration_takes_the_papers_settings(runs_here, tmp_path):
    command = ["spins", "--paper", *SMALL, "--batch-size", "4", "--seeds", "1", "--sweeps", "2"]
    command += ["--losses", "local_field,spin_margin", "--loss-arg", "local_field.h0=0.5"]
    assert main([*command, "--out", str(tmp_path)]) == 0
    first, second = (r["spec"] for r in json.loads((tmp_path / "results.json").read_text())["runs"])
    assert first["learning_rate"] == second["learning_rate"] == PAPER_LEARNING_RATE
    assert first["loss_options"] == {"h0": 0.5}
    assert second["loss_options"] == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--losses", "local_feld"], "local_field"),
        (["--models", "spin_cn"], "spin_cnn"),
        (["--losses", "mse"], "the loss 'mse' (mean squared coordinate error) is not for spins"),
        (["--models", "gnn"], "is not for spins; choose from"),
        (["--model-arg", "spin_cnn.width=x"], "the model 'spin_cnn' cannot be made with"),
        (["--loss-arg", "local_field+flip.nope=1"], "cannot be made with {'nope': 1}"),
        (["--periodic", "--size", "2"], "at least 3"),
        (["--loss-arg", "nothing.h0=1"], "NAME.KEY=VALUE"),
    ],
)
def test_mistakes_end_with_one_clear_line(arguments, message, tmp_path, capsys):
    assert main(["spins", *arguments, "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "option",
    [
        ["--data-seed", "-1"],
        ["--data-seed", "4294967296"],
        ["--learning-rate", "nan"],
        ["--size", "0"],
        ["--out", " "],
    ],
)
def test_wrong_values_are_a_wrong_command_line(option, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["spins", *option])
    assert ended.value.code == 2
    assert "expected" in capsys.readouterr().err
