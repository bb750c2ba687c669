"""Public programs: what the figures say of them, and each of them itself where it is to be had.

`make test-hosts` with PYG_ENERGYLOSS_HOSTS naming a folder of checkouts, data and environments, as
benchmarks/hosts/run_programs.py wants it, trains them; the rest reads what was measured.
"""

import importlib.util
import json
import os
import tomllib
from pathlib import Path

import pytest

from pyg_energyloss import registry

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "benchmarks/hosts"
WORK = os.environ.get("PYG_ENERGYLOSS_HOSTS", "")
PROGRAMS = tomllib.loads((HERE / "programs.toml").read_text())
FOUND = json.loads((ROOT / "benchmarks/results/hosts_programs.json").read_text())["programs"]
BOLTZ = ROOT / "benchmarks/results/hosts_boltz.json"
MISTAKES = {"path", "loss", "option", "missing field", "wrong target"}


def script(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sorted(FOUND))
def test_a_program_was_trained_with_three_seeds_and_its_source_untouched(name):
    one = FOUND[name]
    assert set(one["runs"]) == {f"{k}_{s}" for k in ("plain", "on") for s in range(3)} | {"off_0"}
    assert one["source_untouched"]
    assert len(one["source"]) == 1
    assert one["off_is_bitwise_the_hosts_own"]
    assert one["largest_relative_difference"] is None or one["largest_relative_difference"] < 1e-5
    weights = [run["weights"] for run in one["runs"].values()]
    assert one["runs"]["on_0"]["weights"] is None or len(set(weights)) == len(weights) - 1


@pytest.mark.parametrize("name", sorted(FOUND))
def test_each_mistake_in_the_line_stopped_it_with_a_message(name):
    one = FOUND[name]
    assert set(one["mistakes"]) == MISTAKES
    for mistake, found in one["mistakes"].items():
        assert found["exit"] not in (0, "time limit"), mistake
        assert found["stops_with"], mistake


def test_what_was_trained_is_what_the_command_line_says():
    for name, one in FOUND.items():
        host = registry.create("host", name)
        assert one["commit"] == PROGRAMS[name]["commit"]
        if host.tested:
            assert one["commit"].startswith(host.tested.split()[1].rstrip(","))


def test_the_page_is_made_of_the_figures():
    made = script("make_page").page({"programs": FOUND})
    assert (ROOT / "docs/hosts/programs.md").read_text() == made, (
        "run benchmarks/hosts/make_page.py"
    )


def test_values_on_tensors_of_boltz_are_its_own():
    made, figures = script("make_page"), json.loads(BOLTZ.read_text())
    text = (ROOT / "docs/hosts/boltz.md").read_text()
    assert made.with_table(text, made.boltz_table(figures)) == text, (
        "run benchmarks/hosts/make_page.py"
    )
    assert figures["commit"] == PROGRAMS["boltz"]["commit"]
    for batch in figures["batches"]:
        pairs = [found for found in batch.values() if isinstance(found, dict)]
        assert len(pairs) == 3
        assert all(pair["relative"] < 1e-6 for pair in pairs)  # Boltz's own SVD is in float32
        assert batch["gradient_finite"]
        assert batch["no_gradient_on_what_is_not_resolved"]


@pytest.mark.hosts
@pytest.mark.skipif(not WORK, reason="PYG_ENERGYLOSS_HOSTS names no folder of checkouts")
@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_program_trains_on_the_energy_with_one_line(name):
    program = PROGRAMS[name]
    if not (Path(WORK) / "checkouts" / program.get("checkout", name)).is_dir():
        pytest.skip(f"no checkout of {name} in {WORK}")
    runs = script("run_programs").Runs(Path(WORK), name, program)
    before = runs.source()
    line = {k: program[k] for k in ("swap", "launcher", "arguments") if k in program}
    wrong = line | program["mistakes"]["loss"]
    wanted = [("on", f"test_{name}", 0, line), ("on", f"test_{name}_wrong", 0, wrong)]
    (trained, printed, report), (stopped, said, _) = runs.jobs(wanted)
    assert trained["exit"] == 0, printed
    assert all(c["relative"] < 1e-5 for c in json.loads(Path(report).read_text())["calls"])
    assert stopped["exit"] != 0
    assert "pair_enrgy" in said
    assert runs.source() == before
