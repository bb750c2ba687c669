import io

import pytest
import torch
from pyg_energyloss_springs import SpringsAndSticks, make_grids, quadratic_energy
from torch_geometric.data import Data

import pyg_energyloss as pel


def random(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(sum(shape))).double()


def test_the_elastic_energy_is_the_mean_squared_error_of_the_core():
    points, values = random(40, 2), random(40, 3)
    model = SpringsAndSticks(make_grids([0, 0], [1, 1], sticks=3), num_outputs=3, stiffness=1.7)
    model.double().relax(points, values)
    loss = pel.CoordinateMSELoss()(model(points), Data(pos=values))
    torch.testing.assert_close(model.energy(points, values), 0.5 * 1.7 * 40 * 3 * loss)


def test_module_and_springs_have_the_same_energy():
    grids = make_grids([0, 0, 0], [1, 1, 1], sticks=[2, 3, 4], group_size=2)
    model = SpringsAndSticks(grids, num_outputs=2, stiffness=1.3, bending=0.4, anchor=0.2).double()
    model.rest.copy_(torch.tensor([0.5, -1.0]))
    torch.nn.init.normal_(model.heights, generator=torch.Generator().manual_seed(0))
    points, values = random(30, 3), random(30, 2)
    energy = quadratic_energy(model.springs(points, values))
    heights = model.heights.detach()
    expected = energy.value(heights).sum()
    found = model.energy(points, values)
    torch.testing.assert_close(found.detach(), expected)
    (gradient,) = torch.autograd.grad(found, model.heights)
    torch.testing.assert_close(-gradient, energy.force(heights))


def test_any_optimiser_finds_the_same_rest():
    points, values = random(60, 1), random(61, 1)[1:]
    model = SpringsAndSticks(make_grids([0], [1], sticks=5), bending=0.1).double()
    optimiser = torch.optim.LBFGS(
        model.parameters(), max_iter=200, tolerance_grad=1e-10, tolerance_change=0
    )

    def closure():
        optimiser.zero_grad()
        energy = model.energy(points, values)
        energy.backward()
        return energy

    optimiser.step(closure)
    found = model.heights.detach().clone()
    torch.testing.assert_close(
        found, model.relax(points, values).heights.detach(), atol=1e-6, rtol=0
    )


def test_groups_add_up():
    model = SpringsAndSticks(make_grids([0, 0], [1, 1], sticks=1, group_size=1)).double()
    points = random(50, 2)
    model.relax(points, 3 + 2 * points[:, :1] - points[:, 1:])
    torch.testing.assert_close(model(points).detach(), 3 + 2 * points[:, :1] - points[:, 1:])


def test_is_differentiable_in_its_points():
    model = SpringsAndSticks(make_grids([0, 0], [1, 1], sticks=3)).double()
    torch.nn.init.normal_(model.heights, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradcheck(model, random(5, 2).requires_grad_())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_works_in_both_precisions_and_is_saved_whole(dtype):
    points, values = random(40, 1).to(dtype), random(40, 1).to(dtype)
    model = SpringsAndSticks(make_grids([0], [1])).to(dtype).relax(points, values)
    assert model(points).dtype == dtype
    stream = io.BytesIO()
    torch.save(model.state_dict(), stream)
    stream.seek(0)
    other = SpringsAndSticks(make_grids([0], [1])).to(dtype)
    other.load_state_dict(torch.load(stream, weights_only=True))
    assert torch.equal(other(points), model(points))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"grids": ()}, "`grids` must hold at least one"),
        ({"stiffness": 0.0}, "`stiffness` must be positive"),
        ({"bending": -1.0}, "`bending` and `anchor` not negative"),
        ({"anchor": -1.0}, "`bending` and `anchor` not negative"),
    ],
)
def test_impossible_sticks_are_refused(options, match):
    with pytest.raises(ValueError, match=match):
        SpringsAndSticks(**({"grids": make_grids([0], [1])} | options))


def test_values_of_another_shape_are_refused():
    model = SpringsAndSticks(make_grids([0], [1]))
    for values in (torch.zeros(3), torch.zeros(3, 2), torch.zeros(4, 1)):
        with pytest.raises(ValueError, match=r"`values` must have the shape \[3, 1\]"):
            model.relax(torch.zeros(3, 1), values)
