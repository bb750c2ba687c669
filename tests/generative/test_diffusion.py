import pytest
import torch
from torch_geometric.data import Batch, Data

import pyg_energyloss as pel
from pyg_energyloss.generative import (
    SAMPLERS,
    FlowSchedule,
    MoleculeDiffusion,
    PolynomialSchedule,
    PredictVelocity,
    sample,
)
from pyg_energyloss.losses import per_graph

ELEMENTS = (1, 6, 8)
WATER = Data(
    z=torch.tensor([8, 1, 1]),
    pos=torch.tensor([[0.0, 0.0, 0.12], [0.0, 0.76, -0.47], [0.0, -0.76, -0.47]]),
)
METHANE = Data(
    z=torch.tensor([6, 1, 1, 1, 1]),
    pos=0.63 * torch.tensor([[0.0, 0, 0], [1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]),
)


class Oracle(torch.nn.Module):
    """Knows the one molecule that there is: outputs the velocity that leads to it."""

    def __init__(self, schedule, molecule, type_scale=0.25):
        super().__init__()
        self.schedule, self.molecule, self.type_scale = schedule, molecule, type_scale

    def forward(self, data):
        graphs = data.time.numel()
        alpha, sigma = (level[data.batch][:, None] for level in self.schedule(data.time))
        pos = (self.molecule.pos - self.molecule.pos.mean(0)).repeat(graphs, 1)
        index = torch.tensor([ELEMENTS.index(z) for z in self.molecule.z.tolist()])
        types = self.type_scale * torch.nn.functional.one_hot(index, 3).float().repeat(graphs, 1)
        # v̂ that makes x̂ = (α x_t - σ v̂)/(α² + σ²) the molecule.
        total = alpha**2 + sigma**2
        return (
            (alpha * data.input_pos - total * pos) / sigma,
            (alpha * data.input_types - total * types) / sigma,
        )


def diffusion(denoiser=None, schedule=None):
    schedule = schedule or PolynomialSchedule()
    return MoleculeDiffusion(
        denoiser or Oracle(schedule, WATER),
        elements=ELEMENTS,
        schedule=schedule,
        prediction=PredictVelocity(),
    )


def batch():
    return Batch.from_data_list([WATER.clone(), WATER.clone()])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_types_go_there_and_back():
    model = diffusion()
    z = torch.tensor([8, 1, 6])
    assert model.decode(model.encode(z)).tolist() == z.tolist()


@pytest.mark.parametrize("name", ["mse", "mae", "kabsch", "energy", "energy_gated", "handedness"])
def test_every_loss_is_nothing_for_a_denoiser_that_knows(name):
    model, loss = diffusion(), per_graph(pel.registry.create("loss", name))
    data = model.noised(batch(), torch.tensor([0.2, 0.7]), generator=generator())
    positions, types = model.losses(data, loss)
    assert positions.shape == types.shape == (2,)
    assert positions.abs().max() < 1e-3
    assert types.abs().max() < 1e-3


class OffByOne(Oracle):
    """Its velocities are off by a vector of the same length for each atom at every noise level."""

    def forward(self, data):
        pos, types = super().forward(data)
        off = torch.tensor([[1.0, 0.4, -0.3], [-0.5, 0.3, 0.5], [-0.5, -0.7, -0.2]])
        self.output = (pos + 0.02 * off.repeat(data.time.numel(), 1)).requires_grad_()
        return self.output, types


@pytest.mark.parametrize("name", ["mse", "mae", "energy", "energy_absolute", "distance_l1"])
def test_an_error_of_one_size_in_the_output_counts_alike_at_every_noise_level(name):
    schedule = PolynomialSchedule()
    denoiser = OffByOne(schedule, WATER)
    model, loss = diffusion(denoiser, schedule), per_graph(pel.registry.create("loss", name))
    times = torch.tensor([0.05, 0.2, 0.5, 0.8])
    data = Batch.from_data_list([WATER.clone() for _ in times])
    values, _ = model.losses(model.noised(data, times, generator=generator()), loss)
    values.sum().backward()
    slopes = denoiser.output.grad.reshape(len(times), -1).norm(dim=1)
    assert values.min() > 1e-5
    torch.testing.assert_close(values / values[0], torch.ones(4), rtol=0.02, atol=0)
    torch.testing.assert_close(slopes / slopes[0], torch.ones(4), rtol=0.02, atol=0)


def test_noise_at_time_zero_is_hardly_any_and_at_one_all():
    model = diffusion()
    start = model.noised(batch(), torch.zeros(2), generator=generator())
    assert (start.input_pos - start.pos).abs().max() < 0.03
    end = model.noised(batch(), torch.ones(2), generator=generator())
    assert torch.corrcoef(torch.stack([end.input_pos.flatten(), end.pos.flatten()]))[0, 1] < 0.7


@pytest.mark.parametrize("name", sorted(SAMPLERS))
@pytest.mark.parametrize("schedule", [PolynomialSchedule(), FlowSchedule()])
def test_samplers_find_the_molecule_that_the_denoiser_knows(name, schedule):
    model = diffusion(Oracle(schedule, METHANE), schedule)
    told = []
    made = sample(
        model,
        torch.tensor([5, 5]),
        steps=8,
        step=SAMPLERS[name],
        generator=generator(),
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (8, 8)
    for molecule in made:
        assert molecule.z.tolist() == METHANE.z.tolist()
        torch.testing.assert_close(molecule.pos, METHANE.pos, atol=1e-3, rtol=0)


def test_samples_depend_on_the_seed_alone():
    model = diffusion(pel.registry.create("model", "gdm", types=3, channels=8, layers=1))
    torch.manual_seed(7)
    first = sample(model, torch.tensor([3, 4]), steps=4, generator=generator(1))
    torch.manual_seed(8)
    again = sample(model, torch.tensor([3, 4]), steps=4, generator=generator(1))
    other = sample(model, torch.tensor([3, 4]), steps=4, generator=generator(2))
    assert all(torch.equal(a.pos, b.pos) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0].pos, other[0].pos)


def test_a_reduced_loss_is_refused():
    model = diffusion()
    data = model.noised(batch(), torch.tensor([0.2, 0.7]), generator=generator())
    with pytest.raises(ValueError, match="one value per graph"):
        model.losses(data, pel.CoordinateMSELoss())


@pytest.mark.parametrize("elements", [(), (1, 1)])
def test_elements_are_checked(elements):
    with pytest.raises(ValueError, match="`elements` must be distinct"):
        MoleculeDiffusion(
            torch.nn.Identity(),
            elements=elements,
            schedule=PolynomialSchedule(),
            prediction=PredictVelocity(),
        )
