"""The batch context: what it finds, and that a loss without one raises."""

import asyncio
import threading

import pytest
import torch
from torch_geometric.data import Batch, Data

from pyg_energyloss.hosts import (
    HostContext,
    MissingContextError,
    batch_context,
    current_context,
    graph_of_nodes,
    set_context,
)


@pytest.fixture(autouse=True)
def no_context():
    set_context(None)
    yield
    set_context(None)


def graphs(*sizes):
    return Batch.from_data_list([Data(pos=torch.randn(n, 3)) for n in sizes])


def test_without_a_context_there_is_an_error_that_names_the_remedies():
    with pytest.raises(MissingContextError, match=r"(?s)outside of a batch context.*batch_context"):
        current_context()


def test_a_block_ends_its_context_also_after_an_error():
    with pytest.raises(RuntimeError, match="boom"), batch_context(graphs(2)):
        raise RuntimeError("boom")
    with pytest.raises(MissingContextError, match="outside of a batch context"):
        current_context()


def test_blocks_nest():
    with batch_context(batch=torch.zeros(2)) as outer:
        with batch_context(batch=torch.zeros(3)):
            pass
        assert current_context() is outer


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        (graphs(2, 3), {}),
        ({"_idx_m": torch.tensor([0, 0, 1, 1, 1])}, {"batch": "_idx_m"}),
        ((graphs(2, 3), None), {"batch": "0.batch"}),
        ({"a.b": torch.tensor([0, 0, 1, 1, 1])}, {"batch": "a.b"}),
    ],
)
def test_fields_are_found_in_batches_dicts_and_tuples(source, fields):
    batch, count = graph_of_nodes(HostContext(source, fields=fields), 5)
    assert batch.tolist() == [0, 0, 1, 1, 1]
    assert count == 2


def test_fields_may_be_in_the_module_and_values_win():
    owner = Data(noise=Data(alpha=3.0))
    context = HostContext({}, fields={"alpha": "self.noise.alpha"}, owner=owner)
    assert context.get("alpha") == 3.0
    context.values["alpha"] = 4.0
    assert context.get("alpha") == 4.0


def test_fields_are_read_when_they_are_asked_for():
    source = {}
    context = HostContext(source)
    assert context.get("batch") is None
    source["batch"] = torch.zeros(2, dtype=torch.long)
    assert graph_of_nodes(context, 2)[1] == 1


def test_empty_graphs_at_the_end_are_counted():
    batch = graphs(2, 0)
    assert graph_of_nodes(HostContext(batch), 2)[1] == 2


def test_one_pyg_graph_is_one_graph_but_nothing_else_is():
    batch, count = graph_of_nodes(HostContext(Data(pos=torch.zeros(3, 3))), 3)
    assert (batch.tolist(), count) == ([0, 0, 0], 1)
    for source in ({}, (torch.zeros(3),), torch.zeros(3), None, object()):
        with pytest.raises(MissingContextError, match="`batch` is needed to tell the graphs"):
            graph_of_nodes(HostContext(source), 3)


def test_wrong_batches_are_refused():
    with pytest.raises(ValueError, match="has 5 nodes, but the loss got 4 rows; if the host masks"):
        graph_of_nodes(HostContext(graphs(2, 3)), 4)
    with pytest.raises(ValueError, match=r"`batch` must be a vector .*, got \(2, 2\)"):
        graph_of_nodes(HostContext({"batch": torch.zeros(2, 2)}), 2)
    with pytest.raises(ValueError, match=r"`batch` must be a vector .*, got list"):
        graph_of_nodes(HostContext({"batch": [0, 0]}), 2)


def test_unknown_fields_are_named():
    with pytest.raises(ValueError, match="`fields` has bacth; expected some of alpha, batch"):
        HostContext({}, fields={"bacth": "x"})
    with pytest.raises(ValueError, match="`fields` has other"), batch_context(other=1):
        pass


def test_threads_and_tasks_have_their_own_context():
    seen = []

    def work(size):
        with batch_context(batch=torch.zeros(size)):
            seen.append(len(current_context().get("batch")))

    with batch_context(batch=torch.zeros(1)):
        thread = threading.Thread(target=work, args=(2,))
        thread.start()
        thread.join()
        assert len(current_context().get("batch")) == 1

    async def task(size):
        with batch_context(batch=torch.zeros(size)):
            await asyncio.sleep(0)
            seen.append(len(current_context().get("batch")))

    async def both():
        await asyncio.gather(task(3), task(4))

    asyncio.run(both())
    assert seen == [2, 3, 4]


def test_graphs_of_dgl_say_how_many_nodes_each_has():
    class Graph:
        def batch_num_nodes(self):
            return torch.tensor([2, 0, 1])

    batch, count = graph_of_nodes(HostContext(Graph()), 3)
    assert (batch.tolist(), count) == ([0, 0, 2], 3)
