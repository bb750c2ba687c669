"""Networks of crystals see the crystal, not how it is written down."""

from functools import cache

import pytest
import torch
from torch_geometric.data import Batch

from pyg_energyloss import registry
from pyg_energyloss.data.loader import assemble
from pyg_energyloss.experiments.crystals.tasks import Composition, Denoise

EQUIVARIANT = ("crystal_egnn", "crystal_e3nn")
NAMES = ("crystal_gnn", *EQUIVARIANT)


def inputs(*, lattice_given=False, dtype=torch.float64):
    splits = registry.create("dataset", "carbon_24_small")
    batch = assemble(splits["test"], torch.arange(4))
    batch.pos, batch.cell = batch.pos.to(dtype), batch.cell.to(dtype)
    task = Denoise((0.3, 0.6), lattice_given=lattice_given)
    batch = task.prepare(batch, torch.Generator().manual_seed(0))
    batch.noise_level = batch.noise_level.to(dtype)
    return batch


@cache
def network(name):
    if name not in registry.names("model"):
        pytest.skip(f"the plugin of {name} is not installed")
    torch.manual_seed(0)
    small = {"irreps": "6x0e + 2x1o + 2x2e"} if name == "crystal_e3nn" else {"channels": 12}
    return registry.create("model", name, layers=2, **small).double()


@pytest.mark.parametrize("name", NAMES)
def test_writing_another_image_of_an_atom_moves_the_answer_along(name):
    batch, model = inputs(), network(name)
    pos, cell = model(batch)
    jump = torch.randint(-2, 3, batch.pos.shape, generator=torch.Generator().manual_seed(1))
    shift = torch.einsum("na,nab->nb", jump.double(), batch.input_cell[batch.batch])
    batch.input_pos = batch.input_pos + shift
    moved, same = model(batch)
    torch.testing.assert_close(same, cell)
    along = torch.einsum("na,nab->nb", jump.double(), cell[batch.batch])
    torch.testing.assert_close(moved, pos + along)


@pytest.mark.parametrize("sign", [1, -1], ids=["turned", "and reflected"])
@pytest.mark.parametrize("name", EQUIVARIANT)
def test_an_equivariant_one_turns_with_its_input(name, sign):
    batch, model = inputs(), network(name)
    pos, cell = model(batch)
    turn = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))[0]
    turn = sign * turn.det().sign() * turn
    batch.input_pos, batch.input_cell = batch.input_pos @ turn, batch.input_cell @ turn
    turned, lattice = model(batch)
    torch.testing.assert_close(turned, pos @ turn)
    torch.testing.assert_close(lattice, cell @ turn)


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_is_the_crystals_one_by_one(name):
    batch, model = inputs(), network(name)
    pos, cell = model(batch)
    for graph, start in enumerate(batch.ptr[:-1]):
        rows = slice(start, batch.ptr[graph + 1])
        one = Batch(batch=torch.zeros_like(batch.batch[rows]), cell_known=False)
        one._num_graphs = 1
        one.ptr = torch.tensor([0, len(one.batch)])
        for key in ("z", "site", "input_pos"):
            one[key] = batch[key][rows]
        for key in ("input_cell", "noise_level"):
            one[key] = batch[key][graph : graph + 1]
        alone, lattice = model(one)
        torch.testing.assert_close(alone, pos[rows])
        torch.testing.assert_close(lattice[0], cell[graph])


@pytest.mark.parametrize("name", NAMES)
def test_a_lattice_that_is_given_is_not_predicted(name):
    pos, cell = network(name)(inputs(lattice_given=True))
    assert cell is None
    assert pos.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_sites_of_one_element_are_told_apart_where_nothing_else_does(name):
    batch, model = inputs(), network(name)
    batch = Composition(volume=6.0).prepare(batch, torch.Generator().manual_seed(0))
    del batch.noise_level
    first = model(batch)[0]
    batch.site = batch.site.flip(0)
    assert not torch.allclose(model(batch)[0], first)


def test_inputs_that_no_task_made_are_refused():
    batch = inputs()
    del batch.input_cell
    with pytest.raises(ValueError, match="`input_cell`; a task of `energyloss crystals`"):
        network("crystal_egnn")(batch)
