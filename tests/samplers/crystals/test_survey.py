import numpy as np

from pyg_energyloss.samplers import Backbone, KRegular
from pyg_energyloss.samplers.crystals.survey import Points, spectra, survey


def test_each_sampler_is_certified_for_each_structure():
    points = Points(np.random.default_rng(0).normal(size=(20, 3)))
    found = survey([points, points], {"bone": Backbone(complete_below=0), "paper": KRegular(k=5)})
    assert [len(reports) for reports in found.values()] == [2, 2]
    bone, paper = found["bone"][0], found["paper"][0]
    assert (bone.rigid, bone.globally_rigid, bone.universally_rigid) == (True, True, True)
    assert (paper.globally_rigid, paper.universally_rigid) == (False, False)


def test_fewer_edges_have_a_softer_softest_mode():
    points = Points(np.random.default_rng(0).normal(size=(20, 3)))
    found = spectra(points, {"bone": Backbone(complete_below=0)})
    whole, bone = found.values()
    assert next(iter(found)) == "all pairs (9.5 per atom)"
    assert len(whole) == len(bone) == 54
    assert bone[0] < whole[0]


def test_modes_that_cost_nothing_have_no_value():
    pair = Points(np.array([[0.0, 0, 0], [1, 0, 0]]))
    np.testing.assert_allclose(spectra(pair, {})["all pairs (0.5 per atom)"], [2.0])
    line = Points(np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]]))
    assert spectra(line, {})["all pairs (1.0 per atom)"][0] is None
