"""Malformed problems end in ValueError or TypeError, or in the right number; never in a crash.

They run in a process of their own, which a write outside the arrays would end.
"""

import subprocess
import sys

import pytest
import torch

from pyg_energyloss.functional import complete_pair_energy, pair_energy

FUZZ = """
import random, sys, warnings
import torch
from pyg_energyloss.functional import complete_pair_energy, pair_energy
from pyg_energyloss.stiffness import Exponential, Inverse

torch.set_num_threads(1)
count, draw = int(sys.argv[1]), random.Random(int(sys.argv[2]))
rng = torch.Generator().manual_seed(int(sys.argv[2]))
INTEGERS = [torch.int64, torch.int32, torch.int16, torch.uint8]
refused = computed = 0


def spoil(index, top):
    # One entry out of range, in whatever way indices go wrong.
    if index.numel() and draw.random() < 0.7:
        wrong = draw.choice([-1, top, top + 1, 10**6, -(10**6), 2**40, -(2**62), 2**62])
        index.view(-1)[draw.randrange(index.numel())] = wrong
    return index


def striped(tensor):
    return torch.stack([tensor, tensor], dim=-1)[..., 0]  # not contiguous


for _ in range(count):
    nodes, dim = draw.choice([0, 1, 2, 5, 9]), draw.choice([1, 2, 3, 4])
    graphs = draw.choice([1, 2, 4])
    target = torch.randn(nodes, dim, generator=rng)
    pred = target + torch.randn(nodes, dim, generator=rng)
    options = {"stiffness": draw.choice([None, Exponential(), Inverse(), lambda d: 1 / (1 + d)])}
    if draw.random() < 0.8:
        batch = torch.randint(0, graphs, (nodes,), generator=rng)
        batch = spoil(batch, graphs) if draw.random() < 0.5 else batch
        narrow = draw.choice(INTEGERS)
        if batch.numel() and int(batch.min()) >= 0 and int(batch.max()) < 100:
            batch = batch.to(narrow)
        options["batch"] = striped(batch) if draw.random() < 0.3 else batch
        options["num_graphs"] = draw.choice([graphs, graphs, graphs, None, 0, graphs - 1, -1])
    if draw.random() < 0.2:
        given = max(0, nodes + draw.choice([0, 0, -1, 1]))
        options["node_weight"] = torch.rand(given, generator=rng)
    if draw.random() < 0.1:
        target = target[:, : draw.choice([1, 2])] if draw.random() < 0.5 else target[:-1]
    call = complete_pair_energy
    if draw.random() < 0.7:
        edges = torch.randint(0, max(nodes, 1), (draw.choice([2, 2, 2, 3]), 12), generator=rng)
        if "batch" in options and edges.size(0) == 2 and draw.random() < 0.6:
            b = options["batch"].long()
            inside = (edges < nodes).all(0)
            edges = edges[:, inside]
            edges = edges[:, b[edges[0]] == b[edges[1]]]
        edges = spoil(edges, nodes) if draw.random() < 0.4 else edges
        columns = edges.size(1)
        if draw.random() < 0.3:
            given = max(0, columns + draw.choice([0, 0, 1, -1]))
            options["edge_weight"] = torch.rand(given, generator=rng)
        if draw.random() < 0.3:
            wide = draw.choice([dim, dim, 1, 2, 5])
            options["edge_shift"] = torch.randint(-1, 2, (columns, wide), generator=rng)
            lattices = draw.choice([(), (1,), (graphs,), (graphs + 1,)])
            rows = draw.choice([dim, wide])
            options["cell"] = torch.randn(*lattices, wide, rows, generator=rng)
        options["edge_index"], call = striped(edges) if draw.random() < 0.2 else edges, pair_energy
    pos = pred.clone().requires_grad_()
    try:
        energy = call(pos, target, **options)
        energy.sum().backward()
    except (ValueError, TypeError):
        refused += 1
        continue
    assert energy.isfinite().all() and pos.grad.isfinite().all()
    for name in ("node_weight", "edge_weight", "cell"):
        if name in options:
            options[name] = options[name].double()
    # Asking for the gradient of the target computes in plain torch.
    expected = call(pred.double(), target.double().requires_grad_(), **options)
    assert torch.allclose(energy.double(), expected, rtol=1e-4, atol=1e-5), options
    computed += 1
print(refused, computed)
"""


def fuzz(count, seed):
    command = [sys.executable, "-c", FUZZ, str(count), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    refused, computed = (int(number) for number in done.stdout.split())
    assert refused + computed == count
    assert min(refused, computed) > count / 10


def test_two_hundred_malformed_problems_end_in_words_or_the_right_number():
    fuzz(200, 1)


@pytest.mark.slow
def test_twenty_thousand_malformed_problems_end_in_words_or_the_right_number():
    fuzz(20_000, 2)


EDGES = torch.tensor([[0, 1, 2], [1, 0, 3]])


@pytest.mark.parametrize(
    "batch", [[1, 1, 2, 2], [0, 0, -1, -1], [0, 0, 9, 9], [0, 0, 2**40, 2**40]]
)
def test_a_batch_outside_the_graphs_is_refused_for_given_edges(engine, batch):
    pos = torch.zeros(4, 3)
    with pytest.raises(ValueError, match="`batch` must be between 0 and num_graphs - 1 = 1"):
        pair_energy(pos, pos, EDGES, batch=torch.tensor(batch), num_graphs=2)


@pytest.mark.parametrize("narrow", [torch.int16, torch.int32, torch.int64])
def test_a_batch_that_is_not_contiguous_serves_given_edges(rng, engine, narrow):
    target = torch.randn(4, 3, generator=rng)
    pred = target + 1
    batch = torch.tensor([[0, 5], [0, 5], [1, 5], [1, 5]], dtype=narrow)[:, 0]
    expected = pair_energy(pred * 2, target, EDGES, batch=torch.tensor([0, 0, 1, 1]), num_graphs=2)
    found = pair_energy(pred * 2, target, EDGES, batch=batch, num_graphs=2)
    assert torch.equal(found, expected)


def test_an_edge_between_two_graphs_is_refused(engine):
    pos = torch.zeros(4, 3)
    with pytest.raises(ValueError, match="must join nodes of the same graph, but column 2"):
        pair_energy(pos, pos, EDGES, batch=torch.tensor([0, 0, 0, 1]), num_graphs=2)


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"edge_shift": torch.ones(3, 2), "cell": torch.eye(2)}, ValueError, "`edge_shift` must"),
        (
            {"edge_shift": torch.ones(3, 3), "cell": torch.ones(3, 2)},
            ValueError,
            "`cell` must have",
        ),
        ({"edge_shift": torch.ones(3, 3), "cell": torch.ones(4, 3, 3)}, ValueError, "one lattice"),
        ({"edge_weight": torch.ones(3, dtype=torch.complex64)}, TypeError, "real numbers"),
        ({"edge_index": EDGES.bool()}, TypeError, "`edge_index` must be an integer"),
        ({"edge_index": EDGES.to(torch.complex64)}, TypeError, "`edge_index` must be an integer"),
        ({"batch": torch.zeros(4)}, TypeError, "`batch` must be an integer"),
        ({"batch": torch.zeros(4).long(), "num_graphs": -1}, ValueError, "`num_graphs` must be"),
        ({"batch": torch.zeros(4).long(), "num_graphs": 2.0}, TypeError, "`num_graphs` must be"),
        ({"batch": torch.tensor([0, 0, 0, 2**40])}, ValueError, "`num_graphs` must be between"),
    ],
)
def test_shapes_and_types_that_do_not_fit_are_refused(engine, change, error, match):
    pos = torch.zeros(4, 3)
    with pytest.raises(error, match=match):
        pair_energy(pos, pos, **{"edge_index": EDGES, **change})


def test_an_unknown_engine_is_refused(monkeypatch):
    monkeypatch.setenv("PYG_ENERGYLOSS_ENGINE", "tourch")
    with pytest.raises(ValueError, match="`PYG_ENERGYLOSS_ENGINE` must be 'auto' or 'torch'"):
        complete_pair_energy(torch.zeros(2, 3), torch.zeros(2, 3))
