import pytest
import torch

from pyg_energyloss import generative as gen
from pyg_energyloss.functional import complete_pair_energy, edge_energy
from pyg_energyloss.testing import all_pairs


@pytest.fixture
def noised():
    rng = torch.Generator().manual_seed(0)
    x, epsilon = (torch.randn(6, 3, generator=rng, dtype=torch.float64) for _ in range(2))
    alpha, sigma = 0.8, 0.6
    return x, epsilon, alpha, sigma, alpha * x + sigma * epsilon


def test_every_parametrisation_returns_the_clean_structure(noised):
    x, epsilon, alpha, sigma, x_t = noised
    t = 0.3
    x_flow = (1 - t) * x + t * epsilon
    found = [
        gen.x0_from_epsilon(x_t, epsilon, alpha, sigma),
        gen.x0_from_velocity(x_t, alpha * epsilon - sigma * x, alpha, sigma),
        gen.x0_from_score(x_t, gen.score_from_epsilon(epsilon, sigma), alpha, sigma),
        gen.x0_from_flow(x_flow, epsilon - x, t),
    ]
    for x0 in found:
        assert torch.allclose(x0, x)
    assert torch.allclose(gen.epsilon_from_x0(x_t, x, alpha, sigma), epsilon)


def test_weights_turn_structure_errors_into_errors_of_the_prediction(noised):
    x, epsilon, alpha, sigma, x_t = noised
    t = 0.3
    x_flow = (1 - t) * x + t * epsilon
    off = epsilon + 0.1
    cases = [
        (off - epsilon, gen.x0_from_epsilon(x_t, off, alpha, sigma), (alpha, sigma), "epsilon"),
        (
            torch.full_like(x, 0.1),
            gen.x0_from_velocity(x_t, alpha * epsilon - sigma * x + 0.1, alpha, sigma),
            (alpha, sigma),
            "velocity",
        ),
        (
            torch.full_like(x, 0.1),
            gen.x0_from_score(x_t, -epsilon / sigma + 0.1, alpha, sigma),
            (alpha, sigma),
            "score",
        ),
        (torch.full_like(x, 0.1), gen.x0_from_flow(x_flow, epsilon - x + 0.1, t), (t,), "flow"),
    ]
    for error, x0, level, name in cases:
        weight = getattr(gen, f"{name}_weight")(*level)
        assert (error.square().sum() / (x0 - x).square().sum()).item() == pytest.approx(weight)


def test_levels_per_graph_reach_the_nodes():
    level = torch.tensor([0.5, 0.25])
    assert gen.per_node(level, torch.tensor([0, 1, 1])).tolist() == [[0.5], [0.25], [0.25]]
    assert gen.per_node(level[:1], None).tolist() == [[0.5]]


# Propositions 4.4 and 4.5: a mixture of two structures seen through a little noise; the score of
# the noised distribution is known. The estimator of each loss is the minimiser of its average over
# the posterior, found here by one Gauss-Newton step, exact for small noise.


def mixture():
    rng = torch.Generator().manual_seed(1)
    first = 1.5 * torch.randn(5, 3, generator=rng, dtype=torch.float64)
    second = first + 0.02 * torch.randn(5, 3, generator=rng, dtype=torch.float64)
    return torch.stack([first, second])


def jacobian(pos):
    """d(distances)/d(pos) of all pairs i < j [pairs, 15]."""
    pairs = torch.as_tensor(all_pairs(torch.zeros(len(pos))))
    pairs = pairs[:, pairs[0] < pairs[1]]

    def lengths(flat):
        points = flat.reshape(-1, 3)
        return (points[pairs[0]] - points[pairs[1]]).norm(dim=1)

    return torch.autograd.functional.jacobian(lengths, pos.reshape(-1)), lengths


def posterior(x_t, components, sigma):
    weights = torch.softmax(-(x_t - components).square().sum(dim=(1, 2)) / (2 * sigma**2), dim=0)
    score = (weights[:, None, None] * (components - x_t)).sum(0) / sigma**2
    return weights, score


def minimiser(x_t, components, weights):
    """Minimum-norm minimiser of the posterior mean of the pair energy with constant k."""
    estimate = x_t.clone()
    targets = None
    for _ in range(8):
        matrix, lengths = jacobian(estimate)
        if targets is None:
            targets = sum(
                w * lengths(c.reshape(-1)) for w, c in zip(weights, components, strict=True)
            )
        step = torch.linalg.lstsq(
            matrix, (targets - lengths(estimate.reshape(-1)))[:, None], driver="gelsd"
        )
        estimate = estimate + step.solution.reshape(-1, 3)
    return estimate


@pytest.mark.parametrize("sigma", [0.02, 0.005])
def test_the_minimiser_is_the_score_up_to_rigid_motions_at_small_noise(sigma):
    """Proposition 4.4: ε̂* = -σ ∇log p(x_t) on the range of J, to first order in σ."""
    rng = torch.Generator().manual_seed(2)
    components = mixture()
    errors = []
    for _ in range(20):
        x_t = components[0] + sigma * torch.randn(5, 3, generator=rng, dtype=torch.float64)
        weights, score = posterior(x_t, components, sigma)
        estimate = minimiser(x_t, components, weights)
        epsilon = gen.epsilon_from_x0(x_t, estimate, 1.0, sigma).reshape(-1)
        expected = (-sigma * score).reshape(-1)
        matrix, _ = jacobian(x_t)
        projector = torch.linalg.pinv(matrix, rtol=1e-9) @ matrix
        difference = projector @ (epsilon - expected)
        errors.append(float(difference.norm() / (projector @ expected).norm()))
    assert sum(errors) / len(errors) < 4 * sigma  # vanishes with the noise


def test_the_minimiser_minimises_the_library_energy():
    """The estimator above is a stationary point of the posterior mean of complete_pair_energy."""
    components, sigma = mixture(), 0.02
    x_t = components.mean(dim=0)
    weights, _ = posterior(x_t, components, sigma)
    pos = minimiser(x_t, components, weights).requires_grad_()
    mean = sum(w * complete_pair_energy(pos, c) for w, c in zip(weights, components, strict=True))
    (gradient,) = torch.autograd.grad(mean.sum(), pos)
    (scale,) = torch.autograd.grad(complete_pair_energy(pos, components[0]).sum(), pos)
    assert gradient.norm() < 1e-8 * max(float(scale.norm()), 1e-3)


def test_variance_is_not_above_that_of_mse():
    """Proposition 4.5: the estimator is that of MSE, projected on the range of J."""
    sigma, draws = 0.01, 200
    rng = torch.Generator().manual_seed(3)
    clean = mixture()[0]
    matrix, lengths = jacobian(clean)
    inverse = torch.linalg.pinv(matrix, rtol=1e-9)
    mse, energy = [], []
    for _ in range(draws):
        sample = clean + sigma * torch.randn(5, 3, generator=rng, dtype=torch.float64)
        mse.append((sample - clean).reshape(-1))
        energy.append(inverse @ (lengths(sample.reshape(-1)) - lengths(clean.reshape(-1))))
    mse, energy = torch.stack(mse), torch.stack(energy)
    assert energy.mean(dim=0).norm() < 5 * sigma * (15 / draws) ** 0.5  # no bias beyond sampling
    ratio = float(energy.var(dim=0).sum() / mse.var(dim=0).sum())
    assert ratio == pytest.approx(9 / 15, abs=0.06)  # 15 coordinates less 6 rigid motions


def test_edge_energy_is_what_the_pair_energy_sums(noised):
    x, epsilon, *_ = noised
    pairs = torch.as_tensor(all_pairs(torch.zeros(6)))
    each = edge_energy(epsilon, x, pairs)
    assert each.shape == (30,)
    assert torch.allclose(each.sum(), complete_pair_energy(epsilon, x)[0])
