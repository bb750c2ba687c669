"""What is named: every inverted centre, every twisted bond; nothing on true structures."""

import math

import pytest
import torch
from torch_geometric.data import Batch

from pyg_energyloss import registry
from pyg_energyloss.restraints import Kind, Restraints, from_data, relax, term_values, violations


@pytest.fixture(scope="module")
def molecules():
    """Drug-like molecules that have a stereo centre, with their terms."""
    train = registry.create("dataset", "druglike")["train"]
    found = [(train[i], from_data(train[i])) for i in range(0, len(train), 70)]
    return [(item, terms) for item, terms in found if (terms.kind == Kind.CHIRALITY).any()]


def inverted(pos, terms, centre):
    """A centre and one neighbour reflected through the plane of the other three."""
    atom, *around = centre
    a, b, c = pos[around[1:]]
    normal = torch.linalg.cross(b - a, c - a)
    normal = normal / normal.norm()
    new = pos.clone()
    for moved in (atom, around[0]):
        new[moved] = pos[moved] - 2 * ((pos[moved] - a) @ normal) * normal
    return new


def test_an_inverted_centre_is_named_and_true_structures_raise_no_alarm(molecules):
    assert len(molecules) > 10
    for item, terms in molecules:
        pos = item.pos.double()
        assert violations(pos, terms) == []
        for centre in terms.select(["chirality"]).index.t().tolist():
            found = violations(inverted(pos, terms, centre), terms)
            assert centre[0] in {v.atoms[0] for v in found if v.kind == "chirality"}


def test_every_centre_of_a_mirror_image_is_named(molecules):
    for item, terms in molecules:
        centres = terms.select(["chirality"]).index[0].tolist()
        found = violations(-item.pos, terms)
        assert sorted(v.atoms[0] for v in found if v.kind == "chirality") == sorted(centres)


@pytest.mark.parametrize(
    ("kind", "atoms", "bounds", "value"),
    [
        ("bond", [0, 1], (1.0, 1.0), 1.3),
        ("angle", [0, 1, 2], (1.5, 1.5), 2.0),
        ("double_bond", [0, 1, 2, 3], (math.pi, math.pi), 0.3),
        ("ring", [0, 1, 2, 3], (0.0, 0.0), 0.5),
    ],
)
def test_each_kind_is_named_beyond_its_tolerance_and_not_within(kind, atoms, bounds, value):
    def bent(angle, turn, length):
        return torch.tensor(
            [
                [length * math.cos(angle), length * math.sin(angle), 0.0],
                [0, 0, 0],
                [1.0, 0, 0],
                [1.0 + 0.5, math.cos(turn), math.sin(turn)],
            ]
        ).double()

    middle = bounds[0]
    term = Restraints.of(kind, [atoms], [bounds], period=2 * math.pi if len(atoms) == 4 else 0.0)
    broken = {
        "bond": bent(2.0, 1.0, value),
        "angle": bent(value, 1.0, 1.0),
    }.get(kind, bent(2.0, value, 1.0))
    whole = {"bond": bent(2.0, 1.0, middle), "angle": bent(middle, 1.0, 1.0)}
    assert [v.kind for v in violations(broken, term)] == [kind]
    assert violations(broken, term)[0].value % (2 * math.pi) == pytest.approx(value)
    assert violations(whole.get(kind, bent(2.0, middle, 1.0)), term) == []
    assert violations(broken, term, tolerance={kind: 10.0}) == []


def test_positions_that_are_not_finite_break_their_terms():
    terms = Restraints.cat(
        [
            Restraints.of("bond", [(0, 1)], [(1.0, 1.0)]),
            Restraints.of("chirality", [(0, 1, 2, 3, 0)], [(1.0, 1.0)]),
        ]
    )
    assert len(violations(torch.full((4, 3), math.nan), terms)) == 2


def test_an_unknown_kind_of_tolerance_is_an_error():
    with pytest.raises(ValueError, match="one of bond"):
        violations(torch.zeros(1, 3), Restraints.cat([]), tolerance={"bonds": 1.0})


def test_relaxing_turns_an_inverted_centre_over_and_keeps_the_bonds(molecules):
    for item, terms in molecules[:4]:
        pos = item.pos.double()
        centre = terms.select(["chirality"]).index[:, 0].tolist()
        made = relax(inverted(pos, terms, centre), terms, steps=600)
        assert violations(made, terms, tolerance={"bond": 0.1}) == []


def test_relaxing_leaves_what_breaks_nothing_and_mends_a_batch_as_its_members(molecules):
    items = [terms.store(item.clone()) for item, terms in molecules[:3]]
    batch = Batch.from_data_list(items)
    stored = Restraints.stored_in(batch)
    torch.testing.assert_close(
        relax(batch.pos.double(), stored, batch=batch.batch), batch.pos.double(), atol=1e-4, rtol=0
    )
    noise = 0.1 * torch.randn(batch.pos.shape, generator=torch.Generator().manual_seed(0))
    together = relax(batch.pos + noise, stored, batch=batch.batch, num_graphs=3)
    assert violations(together, stored) == []
    middle = term_values(together.double(), stored.select(["bond"]))
    expected = stored.select(["bond"]).bounds.mean(dim=1).double()
    torch.testing.assert_close(middle, expected, atol=0.02, rtol=0)


def test_relaxing_takes_a_number_of_steps_that_is_not_negative():
    with pytest.raises(ValueError, match="`steps`"):
        relax(torch.zeros(2, 3), Restraints.cat([]), steps=-1)
