import copy

import numpy as np
import pytest

from pyg_energyloss.report.kinds import curves, histograms, points, structures
from pyg_energyloss.report.write import coloured

from . import study_documents as documents

COMPARISON, SPINS = documents.comparison(), documents.spins()
NAMES = coloured(COMPARISON["sections"])


def test_dots_are_drawn_with_their_intervals_on_a_logarithmic_axis():
    made = points.draw(COMPARISON["sections"][0]["data"], NAMES)
    axes = made.axes[0]
    assert axes.get_yscale() == "log"
    assert len(axes.containers) == len(COMPARISON["rows"])  # each with its error bar
    drawn = sorted(float(c[0].get_ydata()[0]) for c in axes.containers)
    means = sorted(r["values"]["bond_mae"]["mean"] for r in COMPARISON["rows"])
    np.testing.assert_allclose(drawn, means)


def test_an_interval_that_reaches_below_zero_stays_on_a_logarithmic_axis():
    data = copy.deepcopy(COMPARISON["sections"][0]["data"])
    data["panels"][0]["series"][0]["points"][0] |= {"mean": 0.1, "sd": 5.0}
    axes = points.draw(data, NAMES).axes[0]
    low, high = axes.get_ylim()
    assert 0 < low < 0.1
    assert high >= 5.1


def test_a_logarithmic_axis_of_less_than_a_decade_has_more_than_one_tick():
    data = copy.deepcopy(COMPARISON["sections"][0]["data"])
    for series, mean in zip(data["panels"][0]["series"], (0.8, 1.1), strict=False):
        series["points"] = [{"category": "gnn", "mean": mean, "sd": None}]
    data["panels"][0]["series"] = data["panels"][0]["series"][:2]
    axes = points.draw(data, NAMES).axes[0]
    low, high = axes.get_ylim()
    assert sum(low <= tick <= high for tick in axes.get_yticks()) >= 3


def test_curves_show_the_mean_and_the_range_over_seeds():
    data = COMPARISON["sections"][1]["data"]
    axes = curves.draw(data, NAMES).axes[0]
    every = data["panels"][0]["series"]
    series = next(s for s in every if s["label"] == "energy")
    line = next(a for a in axes.lines if a.get_label() == "energy")
    np.testing.assert_allclose(line.get_ydata(), [np.mean(v) for v in series["values"]])
    assert len(axes.collections) == len(every)


def test_errors_by_noise_level_have_standard_deviations_and_their_levels_as_ticks():
    series = {"label": "a", "x": [0.1, 1.0], "values": [[1.0, 3.0], [2.0]]}
    panel = {
        "title": "gnn",
        "x": {"label": "noise / Å", "log": True},
        "y": {"label": "error / Å", "log": True},
        "series": [series, {"label": "b", "x": [0.1], "values": [[None]]}],
    }
    made = curves.draw({"panels": [panel, panel], "rows": 2, "markers": True}, ["a", "b"])
    axes = made.axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["0.1", "1"]
    (bar,) = axes.containers
    np.testing.assert_allclose(bar[0].get_ydata(), [2.0, 2.0])
    upper = bar[2][0].get_segments()[0][1][1]
    assert upper == pytest.approx(2 + 2**0.5)


def test_no_legend_lies_over_the_data():
    for section, draw in zip(COMPARISON["sections"], (points.draw, curves.draw), strict=False):
        made = draw(section["data"], NAMES)
        made.draw_without_rendering()
        box = made.legends[0].get_window_extent()
        assert all(not box.overlaps(axes.get_window_extent()) for axes in made.axes)


def test_baselines_are_lines_with_a_name():
    axes = points.draw(SPINS["sections"][0]["data"], coloured(SPINS["sections"])).axes[0]
    labels = [line.get_label() for line in axes.lines]
    assert "random spins, greedy" in labels
    assert axes.get_xlim()[0] == 0


def test_a_single_structure_without_bonds_is_drawn():
    lone = {"name": "", "elements": ["He"], "pos": [[0.0, 0, 0]], "bonds": []}
    pair = {"name": "", "elements": ["H", "Xx"], "pos": [[0.0, 0, 0], [0, 0, 1]], "bonds": [[0, 1]]}
    sets = [{"label": "a", "structures": [lone, pair, None]}]
    made = structures.draw({"references": [], "sets": sets}, [])
    assert [len(axes.collections) for axes in made.axes] == [1, 2, 0]


def test_the_reference_of_a_histogram_is_filled():
    section = documents.generation()["sections"][2]
    made = histograms.draw(section["data"], coloured(documents.generation()["sections"]))
    assert [p.get_fill() for p in made.axes[0].patches] == [True, False, False, False]
