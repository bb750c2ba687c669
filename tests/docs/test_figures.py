"""Figures in sentences are those of the committed results; `test_tables` has those in tables."""

import json
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def result(name):
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def sentence(page):
    """The page as one line, so that sentences may be broken anywhere."""
    return " ".join((ROOT / page).read_text(encoding="utf-8").split())


def complete_energy():
    found = result("pair_energy")
    seconds = {n: ms / 1000 for n, ms in found["scaling"]["complete"].items()}
    memory = found["memory"]["extra_mb_complete_30000"]
    return f"{memory:.0f}", f"{seconds['30000']:.1f}", f"{seconds['300000']:.0f}"


def systems_16():
    found = result("spins_16x16")["generation"]
    return f"{found['systems'] // 1000} 000", f"{found['seconds']:.0f}", str(found["processes"])


def excess_16():
    runs = {run["spec"]["loss"]: run for run in result("spins_16x16")["runs"]}
    return tuple(
        f"{runs[loss]['metrics']['excess_energy']:.1f}"
        for loss in ("local_field+flip", "local_field")
    )


def systems_10():
    return (f"{result('spin_ground_states')['generate_20000_of_10x10_s']:.0f}",)


def sparse_against_complete():
    bonds, steps = [], []
    for model in ("gnn", "egnn", "e3nn"):
        means = {}
        for loss in ("energy", "energy_sparse"):
            runs = [
                run
                for run in result("compare")["runs"]
                if (run["spec"]["model"], run["spec"]["loss"]) == (model, loss)
            ]
            means[loss] = (
                statistics.mean(run["measurements"][-1]["values"]["bond_mae"] for run in runs),
                statistics.mean(run["step_ms"] for run in runs),
            )
        ratios = [
            f"{100 * sparse / whole:.0f}"
            for whole, sparse in zip(means["energy"], means["energy_sparse"], strict=True)
        ]
        bonds.append(ratios[0])
        steps.append(ratios[1])
    return (*bonds, *steps)


def lddt_times():
    found = result("lddt")["structure"]
    names = ("ours", "openfold3", "boltz_1", "boltz_2")
    return tuple(
        f"{found[case][name]['ms']:.0f}" for case in ("one_cutoff", "nucleotides") for name in names
    )


def sample_times():
    found = result("potentials_speed")["samples_48_of_400_ms"]
    ways = ("together", "as_a_batch", "one_by_one")
    return tuple(f"{found[name][way]:.1f}" for name in ("smooth_lddt", "harmonic") for way in ways)


def kernel_ratios():
    found = result("kernel_speed")["ratios"]
    wells = found["potential_by_harmonic"]
    gather = found["gather_by_sparse"]
    return tuple(
        f"{value:.1f}"
        for value in (
            *(wells[name] for name in ("Absolute", "Huber", "FlatBottom", "Morse", "LDDT")),
            *(gather[name] for name in ("sorted", "random_graph", "shuffled", "one_direction")),
        )
    )


def cutoff_growth():
    rows = result("cutoff_speed")["rows"]
    return tuple(f"{row[f'{name}_us_per_atom']:.1f}" for name in CUTOFF_WAYS for row in rows)


CUTOFF_WAYS = ("harmonic", "smooth_lddt")

FIGURES = [
    (
        "docs/engines.md",
        (
            r"the absolute potential ([\d.]+) times, huber ([\d.]+), flat_bottom ([\d.]+), "
            r"morse ([\d.]+) and lddt ([\d.]+) times .*? sorted columns are ([\d.]+) times as fast "
            r"as that, those of a random graph ([\d.]+), shuffled ones ([\d.]+), one direction "
            r"alone ([\d.]+)\."
        ),
        kernel_ratios,
    ),
    (
        "docs/engines.md",
        (
            r"takes ([\d.]+), ([\d.]+) and ([\d.]+) µs per atom at 10 000, 100 000 and 300 000 "
            r"atoms, the smooth lDDT ([\d.]+), ([\d.]+) and ([\d.]+)\."
        ),
        cutoff_growth,
    ),
    (
        "docs/engines.md",
        (
            r"15 Å ours takes (\d+) ms, OpenFold3's (\d+), Boltz's (\d+) \(version 1\) and (\d+) "
            r"\(version 2\); with 30 Å for the DNA (\d+), (\d+), (\d+) and (\d+)\."
        ),
        lddt_times,
    ),
    (
        "docs/engines.md",
        (
            r"lDDT takes ([\d.]+) ms together, ([\d.]+) ms as a batch, ([\d.]+) ms one by one; "
            r"the harmonic energy ([\d.]+), ([\d.]+) and ([\d.]+) ms"
        ),
        sample_times,
    ),
    (
        "docs/engines.md",
        r"30 000 atoms complete add (\S+) MB .*? and take (\S+) s; 300 000 take (\S+) s",
        complete_energy,
    ),
    (
        "docs/spins.md",
        r"Its (20 000) systems with exact ground states took (\S+) s in (one) process",
        lambda: (*systems_16()[:2], {"1": "one"}[systems_16()[2]]),
    ),
    (
        "docs/spins.md",
        r"flip-blind local field comes to an excess energy of (\S+), the plain one to (\S+?)\. ",
        excess_16,
    ),
    (
        "docs/spins.md",
        r"20 000 systems of 10 x 10 with their ground states take (\S+) s on two cores",
        systems_10,
    ),
    (
        "docs/compare.md",
        (
            r"bond lengths is (\d+), (\d+) and (\d+) % of that with all pairs, "
            r"and a step takes (\d+), (\d+) and (\d+) % of the time"
        ),
        sparse_against_complete,
    ),
]


@pytest.mark.parametrize(("page", "pattern", "measured"), FIGURES)
def test_a_figure_in_a_sentence_is_the_measured_one(page, pattern, measured):
    (shown,) = re.findall(pattern, sentence(page))
    assert shown == (measured() if isinstance(shown, tuple) else measured()[0])


def test_one_time_for_the_complete_energy_on_every_page():
    """Table 11 shows what the page of the engines says."""
    (row,) = re.findall(r"\| 30000 \| out of memory \| (\S+) \|", sentence("docs/paper.md"))
    assert f"{float(row) / 1000:.1f}" == complete_energy()[1]


def test_a_loss_that_was_not_tuned_is_not_said_to_be():
    tuning = result("generate_tuning")
    (tuned, left) = re.findall(
        r"the weight of ([\w, ]+) tuned, .*?; ([\w, ]+) not tuned", sentence("docs/generate.md")
    )[0]
    assert set(tuned.split(", ")) == set(tuning["best"])
    assert set(left.split(", ")) == set(tuning["atom_stable"]) - set(tuning["best"])
    assert all(tuning["atom_stable"][loss] for loss in tuning["best"])
