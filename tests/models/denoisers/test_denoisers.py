import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss import registry
from pyg_energyloss.generative.rotations import random_rotations
from pyg_energyloss.models.denoisers.dense import blocks_of

EQUIVARIANT = ["edm", "edm near", "vector_denoiser", "e3nn_denoiser"]


def network(name):
    name, _, option = name.partition(" ")
    if name not in registry.names("model"):
        pytest.skip(f"the plugin of {name} is not installed")
    torch.manual_seed(0)
    small = {"irreps": "8x0e + 4x1o"} if name == "e3nn_denoiser" else {"channels": 16}
    small |= {option: True} if option else {}
    return registry.create("model", name, types=4, layers=2, **small).double()


def batch(sizes=(5, 1, 3), seed=0):
    generator = torch.Generator().manual_seed(seed)
    data = Batch.from_data_list([Data(z=torch.ones(n), pos=torch.zeros(n, 3)) for n in sizes])
    n = sum(sizes)
    data.input_pos = torch.randn(n, 3, generator=generator, dtype=torch.float64)
    data.input_types = torch.randn(n, 4, generator=generator, dtype=torch.float64)
    data.time = torch.rand(len(sizes), generator=generator, dtype=torch.float64)
    return data


@pytest.mark.parametrize("name", ["gdm", *EQUIVARIANT])
def test_graphs_of_a_batch_do_not_see_each_other(name):
    model, data = network(name), batch()
    pos, types = model(data)
    assert pos.shape == (9, 3)
    assert types.shape == (9, 4)
    alone = batch((3,))
    alone.input_pos, alone.input_types = data.input_pos[6:], data.input_types[6:]
    alone.time = data.time[2:]
    torch.testing.assert_close(model(alone)[0], pos[6:])
    torch.testing.assert_close(model(alone)[1], types[6:])


@pytest.mark.parametrize("name", ["gdm", *EQUIVARIANT])
def test_atoms_may_be_numbered_anyhow(name):
    model, data = network(name), batch((6,))
    pos, types = model(data)
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    data.input_pos, data.input_types = data.input_pos[order], data.input_types[order]
    torch.testing.assert_close(model(data)[0], pos[order])
    torch.testing.assert_close(model(data)[1], types[order])


@pytest.mark.parametrize("name", EQUIVARIANT)
def test_turning_and_shifting_the_input_turns_the_output(name):
    model, data = network(name), batch()
    pos, types = model(data)
    turn = random_rotations(1, generator=torch.Generator().manual_seed(1), dtype=torch.float64)[0]
    data.input_pos = -data.input_pos @ turn.T + 2.0
    torch.testing.assert_close(model(data)[0], -pos @ turn.T)
    torch.testing.assert_close(model(data)[1], types)


def test_the_plain_denoiser_is_not_equivariant():
    model, data = network("gdm"), batch()
    pos, _ = model(data)
    data.input_pos = -data.input_pos
    assert (model(data)[0] + pos).abs().max() > 1e-3


@pytest.mark.parametrize("name", ["gdm", *EQUIVARIANT])
def test_coincident_atoms_have_finite_gradients(name):
    model, data = network(name), batch((4,))
    data.input_pos = torch.zeros(4, 3, dtype=torch.float64, requires_grad=True)
    pos, types = model(data)
    (pos.square().sum() + types.square().sum()).backward()
    assert torch.isfinite(data.input_pos.grad).all()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


def test_blocks_hold_the_atoms_and_only_true_pairs():
    data = batch((2, 3))
    blocks = blocks_of(data, torch.float64)
    flat = torch.arange(5.0, dtype=torch.float64)[:, None]
    packed = blocks.pack(flat)
    assert packed.squeeze(-1).tolist() == [[0, 1, 0], [2, 3, 4]]
    torch.testing.assert_close(blocks.unpack(packed), flat)
    assert blocks.pairs.sum((1, 2)).tolist() == [2, 6]
