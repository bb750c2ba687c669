import csv
import json
import re

import pytest

from pyg_energyloss.cli import main

pytest.importorskip("lightning")

SMALL = [
    *("--steps", "4", "--seeds", "1", "--batch-size", "8", "--samples", "6", "--workers", "1"),
    *("--sample-steps", "3", "--evaluators", "stability,distributions"),
    *("--model-arg", "gdm.channels=8", "--model-arg", "gdm.layers=1"),
]


def generate(*arguments):
    return main(["generate", *SMALL, *map(str, arguments)])


def test_writes_table_files_plots_molecules_and_report(runs_here, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("pyg_energyloss.experiments.generation.experiment.CEILING_MOLECULES", 100)
    assert generate("--losses", "mse,energy_gated", "--out", tmp_path) == 0
    printed = capsys.readouterr()
    assert "gdm + energy_gated" in printed.out
    assert "real molecules" in printed.out
    assert "3/3" in printed.err
    results = json.loads((tmp_path / "results.json").read_text())
    assert [r["spec"]["loss"] for r in results["runs"]] == ["mse", "energy_gated"]
    assert [row["labels"]["weights"] for row in results["rows"]] == ["averaged", "last"] * 2
    (real,) = results["baselines"]
    assert real["values"]["atom_stable"]["mean"] > 90
    kinds = [section["kind"] for section in results["sections"]]
    assert kinds == ["structures", "bars", "histograms", "curves", "table"]
    rows = list(csv.DictReader((tmp_path / "metrics.csv").open()))
    made = {"gdm + mse", "gdm + energy_gated"}
    assert {row["generator"] for row in rows} == {*made, "real molecules"}
    report = (tmp_path / "report.html").read_text()
    assert "Generated molecules" in report
    assert not re.search(r'<(script|link|img)[^>]+(src|href)="http', report)
    assert len(list((tmp_path / "runs").glob("*/averaged.sdf"))) == 2

    # More molecules from one of the runs.
    run = next((tmp_path / "runs").glob("gdm-*"))
    more = ("--sample-from", run, "--out", tmp_path / "more")
    assert generate(*more) == 0
    assert (tmp_path / "more" / "molecules.extxyz").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fraction", "0"), r"--fraction must be in \(0, 1\], got 0"),
        (("--losses", "mes"), "mes"),
        (("--models", "gdn"), "gdn"),
        (("--models", "gnn"), "the model 'gnn' .* is not for generate; choose from .*edm"),
        (("--losses", "local_field"), "the loss 'local_field' .* is not for generate"),
        (("--evaluators", "geometry"), "the evaluator 'geometry' .* is not for generate"),
        (("--dataset-arg", "nope=1"), "cannot be made with {'nope': 1}"),
        (("--model-arg", "gdm.heads=x"), "the model 'gdm' cannot be made with"),
        (("--loss-arg", "stiffness=inverse"), "--loss-arg must be NAME.KEY=VALUE"),
        (("--loss-arg", "mae.p=1"), "with one of mse, energy, energy_gated as NAME"),
        (("--model-arg", "edm.layers=1"), "--model-arg must be .* one of gdm as NAME"),
        (("--dataset", "no/such.sdf"), "no/such.sdf"),
        (("--sample-from", "nowhere"), r"holds no generator\.json"),
    ],
)
def test_mistakes_are_told_before_anything_runs(tmp_path, capsys, arguments, message):
    assert generate(*arguments, "--out", tmp_path / "out") == 1
    assert re.search(message, capsys.readouterr().err)
    assert not (tmp_path / "out" / "results.json").exists()


def test_paper_takes_rates_and_weights_of_each_loss():
    import argparse

    from pyg_energyloss.cli import generate as command
    from pyg_energyloss.cli.generate import specs_of

    parser = argparse.ArgumentParser()
    command.configure(parser)
    given = ["--paper", "--losses", "mse,energy", "--dataset", "qm9_small", "--seeds", "1"]
    mse, energy = specs_of(parser.parse_args(given))
    assert (mse.learning_rate, mse.position_weight) == (1e-3, 1.5)
    # 0.05 times k0 = 42 of the paper's stiffness; the registered loss has k0 = 1.
    assert (energy.learning_rate, energy.position_weight) == (4e-4, pytest.approx(2.1))
    assert energy.model_options == {"channels": 256, "layers": 9}
    assert (energy.prediction, energy.sample_steps, energy.ema) == ("noise", 1000, 0.9999)


@pytest.mark.parametrize("value", ["nan", "inf", "-1"])
@pytest.mark.parametrize("option", ["--learning-rate", "--position-weight"])
def test_rates_and_weights_are_finite(option, value, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["generate", f"{option}={value}"])
    assert ended.value.code == 2
    assert "expected a number of at least 0" in capsys.readouterr().err
