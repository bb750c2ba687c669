"""The Triton engine against the plain-torch engine, on a GPU or in Triton's interpreter.

Without a GPU: ``TRITON_INTERPRET=1 pytest tests/functional/engine`` where Triton is installed.
"""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from pyg_energyloss import potentials, stiffness
from pyg_energyloss.functional import complete_pair_energy, pair_energy
from pyg_energyloss.functional.engine import dispatch
from pyg_energyloss.radial import Form, RadialForm, TableForm

pytestmark = pytest.mark.gpu

LAWS = {
    "none": None,
    "constant": stiffness.Constant(1.7),
    "inverse": stiffness.Inverse(1.7, softening=0.3),
    "inverse_square": stiffness.InverseSquare(1.7, softening=0.3),
    "exponential": stiffness.Exponential(1.7, length=0.8),
    "morse": stiffness.Morse(0.9, 1.2),
    "lennard_jones": stiffness.LennardJones(0.1),
}
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}
SIZES = (5, 1, 0, 70, 9, 33)
DTYPES = [torch.float32, torch.float64]


@pytest.fixture
def device():
    pytest.importorskip("triton", reason="the CUDA engine needs Triton")
    return "cuda" if torch.cuda.is_available() else "cpu"


@pytest.fixture
def use(monkeypatch, device):
    """Choose an engine by name; without a GPU the interpreter stands in for it."""

    every_time = getattr(dispatch.solver_for, "__wrapped__", dispatch.solver_for)

    def choose(name):
        monkeypatch.setenv(dispatch.ENGINE_VARIABLE, "torch" if name == "torch" else "auto")
        if device == "cpu":
            monkeypatch.setattr(dispatch, "engine_for", lambda *_: name)
            monkeypatch.setattr(dispatch, "solver_for", every_time)

    return choose


def structures(device, dim, dtype, sizes=SIZES, shuffled=False):
    rng = torch.Generator().manual_seed(5)
    batch = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    if shuffled:
        batch = batch[torch.randperm(len(batch), generator=rng)]
    target = 3 * torch.randn(len(batch), dim, generator=rng, dtype=torch.float64)
    pred = target + 0.3 * torch.randn(len(batch), dim, generator=rng, dtype=torch.float64)
    return pred.to(device, dtype), target.to(device, dtype), batch.to(device)


def edges_within(batch, columns=700):
    rng = torch.Generator().manual_seed(6)
    edge_index = torch.randint(0, len(batch), (2, columns), generator=rng).to(batch.device)
    return edge_index[:, batch[edge_index[0]] == batch[edge_index[1]]]


def derivatives(energy, pos):
    """Values, gradient of unequally weighted graphs, and a Hessian-vector product."""
    pos = pos.clone().requires_grad_()
    value = energy(pos)
    share = torch.linspace(0.5, 1.5, value.numel(), dtype=value.dtype, device=value.device)
    (gradient,) = torch.autograd.grad((share * value).sum(), pos, create_graph=True)
    vector = torch.sin(torch.arange(pos.numel(), dtype=pos.dtype, device=pos.device))
    (product,) = torch.autograd.grad((gradient * vector.view_as(pos)).sum(), pos)
    return value.detach(), gradient.detach(), product


def test_triton_is_what_computes_on_a_gpu(device, use):
    use("triton")
    pos = torch.zeros(3, 3, device=device)
    assert dispatch.engine_name(dispatch.Problem(pos, pos, None, 1, None)) == "triton"


def assert_engines_agree(use, energy, pos):
    results = []
    for name in ("triton", "torch"):
        use(name)
        results.append(derivatives(energy, pos))
    for found, expected in zip(*results, strict=True):
        assert expected.abs().max() > 0
        assert (found - expected).abs().max() <= TOLERANCE[pos.dtype] * expected.abs().max()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_complete_ragged_batch(device, use, law, dim, dtype):
    pred, target, batch = structures(device, dim, dtype, shuffled=dim == 3)
    assert_engines_agree(
        use,
        lambda pos: complete_pair_energy(
            pos, target, stiffness=law, batch=batch, num_graphs=len(SIZES) + 1
        ),
        pred,
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_complete_single_graph(device, use, law, dtype):
    pred, target, _ = structures(device, 3, dtype, sizes=(150,))
    assert_engines_agree(use, lambda pos: complete_pair_energy(pos, target, stiffness=law), pred)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize(
    "kinds", [(), ("weight",), ("shift",), ("batch",), ("weight", "shift", "batch")], ids="-".join
)
def test_sparse(device, use, law, dim, dtype, kinds):  # noqa: PLR0917 - pytest passes by name
    pred, target, batch = structures(device, dim, dtype, shuffled=True)
    edge_index = edges_within(batch)
    rng = torch.Generator().manual_seed(8)
    columns = edge_index.size(1)
    options = {"batch": batch, "num_graphs": len(SIZES) + 1} if "batch" in kinds else {}
    if "weight" in kinds:
        options["edge_weight"] = torch.rand(columns, generator=rng).to(device, dtype)
    if "shift" in kinds:
        images = torch.randint(-1, 2, (columns, dim), generator=rng)
        skewed = 7 * torch.eye(dim) + torch.randn(dim, dim, generator=rng)
        options |= {"cell": skewed.to(device, dtype), "edge_shift": images.to(device)}
    assert_engines_agree(
        use, lambda pos: pair_energy(pos, target, edge_index, stiffness=law, **options), pred
    )


POTENTIALS = {
    "absolute": potentials.Absolute(),
    "huber": potentials.Huber(0.2),
    "lddt": potentials.LDDT(),
    "morse": potentials.Morse(1.3),
    "flat_bottom": potentials.FlatBottom(0.1),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("potential", POTENTIALS.values(), ids=POTENTIALS)
@pytest.mark.parametrize("complete", [False, True])
def test_potentials_cutoff_and_weights_of_nodes(device, use, complete, potential, dtype):
    pred, target, batch = structures(device, 3, dtype, sizes=(9, 1, 30), shuffled=True)
    edge_index = edges_within(batch, columns=100)
    weight = torch.rand(len(batch), generator=torch.Generator().manual_seed(3)).to(device, dtype)
    options = {"stiffness": stiffness.Exponential(), "potential": potential, "batch": batch}
    options |= {"num_graphs": 3, "cutoff": 5.0, "node_weight": weight}

    def energy(pos):
        if complete:
            return complete_pair_energy(pos, target, **options)
        return pair_energy(pos, target, edge_index, **options)

    assert_engines_agree(use, energy, pred)


@pytest.mark.parametrize("complete", [False, True])
@pytest.mark.parametrize("potential", POTENTIALS.values(), ids=POTENTIALS)
def test_every_potential_with_every_law_in_single_precision(device, use, potential, complete):
    pred, target, batch = structures(device, 3, torch.float64, sizes=(7,))
    edge_index = edges_within(batch, columns=40)
    weight = torch.rand(len(batch), generator=torch.Generator().manual_seed(3)).to(device)
    for law in LAWS.values():
        found = []
        for name, dtype in (("triton", torch.float32), ("torch", torch.float64)):
            use(name)
            pos = pred.to(dtype).requires_grad_()
            options = {"stiffness": law, "potential": potential, "cutoff": 5.0}
            options |= {"node_weight": weight.to(dtype)}
            if complete:
                value = complete_pair_energy(pos, target.to(dtype), **options)
            else:
                value = pair_energy(pos, target.to(dtype), edge_index, **options)
            (gradient,) = torch.autograd.grad(value.sum(), pos)
            found.append((value.detach().double(), gradient.double()))
        for ours, right in zip(*found, strict=True):
            torch.testing.assert_close(ours, right, rtol=1e-5, atol=1e-5 * right.abs().max().item())


def test_an_image_of_an_atom_is_a_pair_and_the_atom_itself_is_none(device, use):
    pos, cell = torch.zeros(2, 3, device=device), 2.0 * torch.eye(3, device=device)
    columns = torch.tensor([[0, 0, 1], [0, 0, 1]], device=device)
    shift = torch.tensor([[1, 0, 0], [0, 0, 0], [0, 0, -1]], device=device)
    options = {"potential": potentials.LDDT(), "cell": cell, "edge_shift": shift}
    found = []
    for name in ("triton", "torch"):
        use(name)
        found.append(pair_energy(pos, pos, columns, **options))
    assert found[0].item() == pytest.approx(found[1].item())
    assert found[0].item() == pytest.approx(2 * 0.19590, abs=1e-4)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shuffled", [False, True])
def test_laws_with_a_factor_for_each_pair_of_kinds(device, use, shuffled, dtype):
    pred, target, batch = structures(device, 3, dtype, sizes=(9, 1, 40), shuffled=shuffled)
    kind = (torch.arange(len(batch), device=device) * 7) % 3
    table = torch.tensor([[1.0, 0.5, 0.0], [0.5, 2.0, 0.3], [0.0, 0.3, 0.7]], device=device)
    law = TableForm(RadialForm(Form.EXPONENTIAL, 1.7, 0.8), table, kind)
    options = {"batch": batch} if shuffled else {}
    assert_engines_agree(
        use, lambda pos: complete_pair_energy(pos, target, stiffness=law, **options), pred
    )


@pytest.mark.parametrize("law", [None, stiffness.Exponential(1.7, length=0.8)])
def test_numerical_derivatives(device, use, law):
    use("triton")
    pred, target, batch = structures(device, 3, torch.float64, sizes=(4, 3))
    edge_index = edges_within(batch, columns=12)
    pos = pred.requires_grad_()

    def complete(pos):
        return complete_pair_energy(pos, target, stiffness=law, batch=batch)

    def sparse(pos):
        return pair_energy(pos, target, edge_index, stiffness=law, batch=batch)

    for energy in (complete, sparse):
        # Atomic additions come in any order, so two backward passes differ by rounding.
        assert gradcheck(energy, pos, nondet_tol=1e-10)
        assert gradgradcheck(energy, pos, nondet_tol=1e-10)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
@pytest.mark.parametrize("shape", ["coincident", "collinear", "exploded", "one atom", "no atoms"])
def test_hostile_structures_stay_finite(device, use, law, shape, dtype):
    use("triton")
    pred, target, batch = structures(device, 3, dtype, sizes=(6, 5))
    change = {
        "coincident": lambda: (torch.zeros_like(pred), torch.zeros_like(target), batch),
        "collinear": lambda: (pred * pred.new_tensor([1.0, 0, 0]), target, batch),
        "exploded": lambda: (pred * (torch.finfo(dtype).max / 1e3), target, batch),
        "one atom": lambda: (pred[:1], target[:1], batch[:1]),
        "no atoms": lambda: (pred[:0], target[:0], batch[:0]),
    }
    pred, target, batch = change[shape]()
    everything = edges_within(batch, columns=40) if len(batch) else batch.new_zeros(2, 0)
    for energy in (
        lambda pos: complete_pair_energy(pos, target, stiffness=law, batch=batch, num_graphs=2),
        lambda pos: pair_energy(pos, target, everything, stiffness=law, batch=batch, num_graphs=2),
    ):
        for found in derivatives(energy, pred):
            assert found.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single(device, use, dtype):
    use("triton")
    pred, target, batch = structures(device, 3, torch.float32)
    law = LAWS["exponential"]
    half = pred.to(dtype)
    found = complete_pair_energy(half, target, stiffness=law, batch=batch)
    expected = complete_pair_energy(half.float(), target, stiffness=law, batch=batch)
    assert found.dtype == dtype
    assert torch.allclose(found.float(), expected, rtol=1e-2)


def test_nan_is_not_hidden_and_stays_in_its_graph(device, use):
    use("triton")
    pred, target, batch = structures(device, 3, torch.float32, sizes=(4, 40, 4))
    pred[0] = float("nan")
    found = complete_pair_energy(pred, target, batch=batch)
    assert found.isnan().tolist() == [True, False, False]
