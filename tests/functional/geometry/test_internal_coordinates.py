"""Angles, torsions, impropers and volumes: numbers by hand, symmetry, and safe derivatives."""

import math

import numpy as np
import pytest
import torch

from pyg_energyloss.functional import bond_angle, improper_angle, signed_volume, torsion_angle
from pyg_energyloss.functional.geometry.distance import safe_norm

COORDINATES = {
    "distance": (lambda a, b: safe_norm(b - a), 2),
    "angle": (bond_angle, 3),
    "torsion": (torsion_angle, 4),
    "improper": (improper_angle, 4),
    "volume": (signed_volume, 4),
}
#: Nothing is defined at these: on a line, on one point, in a plane, doubled back.
DEGENERATE = {
    "straight": [[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0]],
    "coincident": [[0.5, 0, 0]] * 4,
    "two coincide": [[0.0, 0, 0], [0, 0, 0], [1, 0, 0], [0, 1, 0]],
    "planar": [[0.0, 0, 0], [1, 0, 0], [-0.5, 0.8, 0], [-0.5, -0.8, 0]],
    "doubled back": [[0.0, 0, 0], [1, 0, 0], [0, 0, 0], [1, 0, 0]],
}


@pytest.fixture(params=sorted(COORDINATES))
def coordinate(request):
    function, count = COORDINATES[request.param]
    return lambda pos: function(*pos.unbind(-2)[:count])


def points(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, 4, 3, generator=generator, dtype=torch.float64)


def test_first_and_second_derivatives_agree_with_finite_differences(coordinate):
    pos = points(2).requires_grad_()
    assert torch.autograd.gradcheck(coordinate, pos)
    assert torch.autograd.gradgradcheck(coordinate, pos)


@pytest.mark.parametrize("where", DEGENERATE)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_value_gradient_and_second_derivative_are_finite_where_undefined(coordinate, where, dtype):
    pos = torch.tensor(DEGENERATE[where], dtype=dtype, requires_grad=True)
    value = coordinate(pos)
    assert value.isfinite()
    (gradient,) = torch.autograd.grad(value, pos, create_graph=True)
    assert gradient.isfinite().all()
    (second,) = torch.autograd.grad(gradient.sum() + value, pos)
    assert second.isfinite().all()


def test_rotation_and_translation_change_nothing_and_a_mirror_only_the_sign(coordinate):
    pos = points(5)
    rotation, _ = torch.linalg.qr(points(1)[0, :3])
    rotation = rotation * torch.linalg.det(rotation)
    value = coordinate(pos)
    torch.testing.assert_close(coordinate(pos @ rotation.T + 3.0), value)
    torch.testing.assert_close(coordinate(-pos).abs(), value.abs())


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_angles_do_not_depend_on_the_unit_of_length_even_in_float32(scale):
    pos = points(5).float()
    for function, count in (COORDINATES[name] for name in ("angle", "torsion", "improper")):
        atoms = pos.unbind(-2)[:count]
        torch.testing.assert_close(function(*(scale * atom for atom in atoms)), function(*atoms))


def test_the_force_on_the_atoms_sums_to_zero(coordinate):
    pos = points(5).requires_grad_()
    (gradient,) = torch.autograd.grad(coordinate(pos).sum(), pos)
    torch.testing.assert_close(gradient.sum(-2), torch.zeros(5, 3).double(), atol=1e-12, rtol=0)


def test_torsions_and_angles_are_those_of_rdkit():
    transforms = pytest.importorskip("rdkit.Chem.rdMolTransforms")
    chem = pytest.importorskip("rdkit.Chem")
    pos = points(20, seed=3)
    for four in pos:
        conformer = chem.Conformer(4)
        for atom, place in enumerate(four.tolist()):
            conformer.SetAtomPosition(atom, place)
        angle = transforms.GetAngleRad(conformer, 0, 1, 2)
        torsion = transforms.GetDihedralRad(conformer, 0, 1, 2, 3)
        assert bond_angle(*four[:3]).item() == pytest.approx(angle, abs=1e-9)
        assert torsion_angle(*four).item() == pytest.approx(torsion, abs=1e-9)


def test_a_regular_tetrahedron_has_the_volume_and_angles_of_the_books():
    corners = torch.tensor([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]).double()
    assert abs(signed_volume(*corners).item()) == pytest.approx(8**1.5 / math.sqrt(2))
    centre = torch.zeros(3).double()
    angle = bond_angle(corners[0], centre, corners[1])
    assert math.degrees(angle) == pytest.approx(109.4712206)
    out = improper_angle(centre, *corners[:3])
    assert math.degrees(abs(out)) == pytest.approx(math.degrees(math.asin(math.sqrt(2 / 3))))


def test_near_a_line_the_angle_keeps_its_digits():
    bend = 1e-5
    last = torch.tensor([-math.cos(bend), math.sin(bend), 0.0])
    angle = bond_angle(torch.tensor([1.0, 0, 0]), torch.zeros(3), last)
    assert np.pi - angle.item() == pytest.approx(bend, rel=0.05)
