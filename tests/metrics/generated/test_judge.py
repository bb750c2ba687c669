import sys

import pytest

from pyg_energyloss import registry
from pyg_energyloss.metrics.generated import ceiling, judge

SETS = (
    "stability",
    "validity",
    "validity_rdkit",
    "distributions",
    "distributions_jodo",
)


@pytest.mark.parametrize("name", SETS)
def test_every_evaluator_of_sets_says_what_it_promises(name, qm9, broken):
    if "validity" in name:
        pytest.importorskip("rdkit")
    evaluator = registry.create("evaluator", name)
    assert evaluator.judges_sets
    for generated in (qm9[:20], broken, []):
        values = evaluator(generated, reference=qm9[20:60])
        assert tuple(values) == tuple(evaluator.keys)
        assert all(isinstance(value, float) for value in values.values())


def test_no_two_of_them_share_a_key():
    pytest.importorskip("rdkit")
    pytest.importorskip("posebusters")
    keys = [key for name in SETS for key in registry.create("evaluator", name).keys]
    assert len(keys) == len(set(keys))


def test_an_evaluator_without_its_extra_is_skipped_with_the_reason(monkeypatch, water):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    with pytest.warns(UserWarning, match="'validity' is skipped: .*pyg-energyloss"):
        values = judge([water], reference=[water], evaluators=["stability", "validity"])
    assert values["stability"]["molecule_stable"] == 1
    assert "pip install 'pyg-energyloss[chem]'" in values["validity"]["skipped"]


def test_unknown_names_and_evaluators_of_predictions_are_refused(water):
    with pytest.raises(KeyError, match="stabilty"):
        judge([water], reference=[], evaluators=["stabilty"])
    with pytest.raises(ValueError, match="'geometry' compares predictions with targets"):
        judge([water], reference=[], evaluators=["geometry"])


def test_the_ceiling_is_what_held_out_molecules_score(qm9):
    names = ["stability", "distributions"]
    assert ceiling(qm9[:60], qm9[60:90], names) == judge(
        qm9[60:90], reference=qm9[:60], evaluators=names
    )
