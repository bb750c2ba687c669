import math

import numpy as np
import pytest
import torch
from torch_geometric.data import Data

from pyg_energyloss.metrics.generated import Distributions, distributions_jodo
from pyg_energyloss.metrics.generated.distributions import JODO_QM9
from pyg_energyloss.metrics.generated.internal_coordinates import internal_coordinates


def test_jodos_kinds_are_named_as_ours_and_are_in_qm9(qm9):
    for kinds, values in zip(JODO_QM9, internal_coordinates(qm9), strict=True):
        assert len(kinds) == len(set(kinds)) == 8
        assert all(len(values[kind]) > 10 for kind in kinds)


def test_longer_bonds_are_as_far_away_as_they_are_longer(qm9):
    # 2 % of 0.96 to 1.54 Å; the order of no bond changes by so little, nearly.
    longer = [Data(z=m.z, pos=1.02 * m.pos) for m in qm9]
    lengths = Distributions(kinds=(("C1H",), (), ()))(longer, reference=qm9)
    mean = internal_coordinates(qm9)[0]["C1H"].mean()
    assert lengths["w1_bond"] == pytest.approx(0.02 * mean, rel=0.05)
    assert lengths["mmd_bond"] > 0.1
    assert math.isnan(lengths["mmd_angle"])


def test_noise_grows_every_distance(qm9):
    generator = torch.Generator().manual_seed(0)
    half = len(qm9) // 2
    found = []
    for noise in (0.0, 0.03, 0.1):
        made = [
            Data(z=m.z, pos=m.pos + noise * torch.randn(m.pos.shape, generator=generator))
            for m in qm9[:half]
        ]
        found.append(distributions_jodo()(made, reference=qm9[half:]))
    for key in ("jodo_mmd_bond", "jodo_mmd_angle", "jodo_w1_bond"):
        assert found[0][key] < found[1][key] < found[2][key]


def test_kinds_that_are_never_made_are_told_and_left_out(qm9, water):
    values = distributions_jodo()([water] * 20, reference=qm9)
    assert values["jodo_kinds_missing"] == pytest.approx(23 / 24)  # it has H-O only
    assert math.isnan(values["jodo_mmd_angle"])
    assert math.isnan(values["jodo_mmd_dihedral"])
    assert values["jodo_mmd_bond"] > 0


def test_broken_molecules_make_nothing(broken, qm9):
    values = Distributions()(broken[:-1], reference=qm9)
    assert values["kinds_missing"] == 1
    assert math.isnan(values["w1_bond"])
    assert all(math.isnan(v) for v in Distributions()([], reference=[]).values())


def test_the_reference_is_looked_at_evenly_and_equal_calls_agree(qm9):
    large = qm9 * 4
    first = Distributions()(qm9[:50], reference=large)
    assert first == Distributions()(qm9[:50], reference=large)
    assert np.isfinite(list(first.values())).all()
