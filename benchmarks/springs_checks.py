"""Measurements of the springs-and-sticks plugin that have an exact answer; used by springs.py."""

from __future__ import annotations

import math

import numpy as np
import torch
from pyg_energyloss_springs import (
    Langevin,
    SpringsAndSticks,
    State,
    damped_motion,
    equipartition,
    free_energy,
    jarzynski,
    make_grids,
    measure_work,
    minimum,
    move_data,
    overdamped_motion,
    quadratic_energy,
    switch,
)
from pyg_energyloss_springs.app.problem import toy_problem
from pyg_energyloss_springs.app.thermal import ThermalSystem
from pyg_energyloss_springs.mechanics import (
    anchor_springs,
    data_springs,
    equilibrium_moments,
    evolve,
    mode_frequencies,
)
from pyg_energyloss_springs.mechanics.moments import Moments
from pyg_energyloss_springs.thermodynamics import entropy_rates
from scipy.interpolate import make_lsq_spline
from scipy.linalg import solve_discrete_lyapunov


def system(sticks=20, points=300, seed=0):
    """Sticks over noisy points of a sine: module, points, values, energy, mass."""
    rng = np.random.default_rng(seed)
    u = np.sort(rng.random(points))
    y = np.sin(6 * u) + 0.1 * rng.standard_normal(points)
    model = SpringsAndSticks(make_grids([u[0]], [u[-1]], sticks=sticks)).double()
    points, values = torch.from_numpy(u)[:, None], torch.from_numpy(y)[:, None]
    energy = quadratic_energy(model.springs(points, values))
    return model, points, values, energy, model.mass_matrix()


def fixed_point():
    """Largest difference from scipy's linear spline and from numpy's least squares in 2-D."""
    model, u, y, *_ = system()
    knots = np.linspace(u[0, 0], u[-1, 0], 21)
    spline = make_lsq_spline(u[:, 0], y[:, 0], np.r_[knots[0], knots, knots[-1]], k=1)
    ways = {"direct": minimum, "damped": damped_motion, "overdamped": overdamped_motion}
    line = {}
    for name, way in ways.items():
        model.relax(u, y, method=way)
        line[name] = float(np.abs(model(u)[:, 0].detach().numpy() - spline(u[:, 0])).max())
    rng = np.random.default_rng(1)
    v = rng.random((800, 2))
    w = np.sin(5 * v[:, :1]) * v[:, 1:] + 0.05 * rng.standard_normal((800, 1))
    hats = [
        np.stack([np.interp(v[:, a], np.linspace(0, 1, 7), e) for e in np.eye(7)], axis=1)
        for a in (0, 1)
    ]
    basis = np.einsum("pi,pj->pij", *hats).reshape(800, 49)
    reference = basis @ np.linalg.lstsq(basis, w, rcond=None)[0]
    net = SpringsAndSticks(make_grids([0, 0], [1, 1], sticks=6)).double()
    surface = {}
    for name, way in ways.items():
        net.relax(torch.from_numpy(v), torch.from_numpy(w), method=way)
        found = net(torch.from_numpy(v)).detach().numpy()
        surface[name] = float(np.abs(found - reference).max())
    return {"one_dimension": line, "two_dimensions": surface}


def euler_maruyama(energy, mass, friction, temperature, step, *, diagonal_noise):
    """The linear map of one step: state -> state, and that of the noise."""
    n = len(mass)
    inverse = torch.linalg.inv(mass)
    forward = torch.eye(2 * n, dtype=mass.dtype)
    forward[:n, n:] += step * torch.eye(n, dtype=mass.dtype)
    forward[n:, :n] -= step * inverse @ energy.stiffness
    forward[n:, n:] -= step * friction * torch.eye(n, dtype=mass.dtype)
    # The authors' noise: independent for each node, 2 friction T / (mass of a stick).
    noise = torch.eye(n, dtype=mass.dtype) if diagonal_noise else torch.linalg.cholesky(inverse)
    scale = math.sqrt(2 * friction * temperature * step)
    return forward, torch.cat([torch.zeros_like(noise), scale * noise])


def baoab(energy, mass, friction, temperature, step):
    """The same for `Langevin`, by probing it with unit vectors."""
    n = len(mass)
    identity = torch.eye(2 * n, dtype=mass.dtype)
    still = type(energy)(energy.stiffness, torch.zeros(n, 1, dtype=mass.dtype), energy.offset[:1])
    cold = Langevin(still, mass, friction=friction, temperature=0.0, step=step)
    forward = torch.cat(cold.advance(State(identity[:n], identity[n:])))
    warm = Langevin(still, mass, friction=friction, temperature=temperature, step=step)
    warm._normal = lambda like: torch.eye(n, dtype=like.dtype)  # noqa: SLF001 - unit noise
    nothing = torch.zeros(n, n, dtype=mass.dtype)
    return forward, torch.cat(warm.advance(State(nothing, nothing)))


def integrators(temperature=0.1):
    """Exact stationary variances of the heights by step, relative to T K^-1: largest error."""
    *_, energy, mass = system()
    expected = temperature * torch.linalg.inv(energy.stiffness)
    frequencies = mode_frequencies(energy, mass)
    friction = float(frequencies.median())
    rows = []
    for relative in (0.05, 0.1, 0.2, 0.5, 1.0, 1.5, 1.9):
        step = relative / float(frequencies[-1])
        maps = {
            "baoab": baoab(energy, mass, friction, temperature, step),
            "euler_maruyama": euler_maruyama(
                energy, mass, friction, temperature, step, diagonal_noise=False
            ),
            "euler_maruyama_independent_noise": euler_maruyama(
                energy, mass, friction, temperature, step, diagonal_noise=True
            ),
        }
        row = {"step_times_frequency": relative}
        for name, (forward, noise) in maps.items():
            stable = float(torch.linalg.eigvals(forward).abs().max()) < 1
            row[name] = None
            if stable:
                covariance = solve_discrete_lyapunov(forward.numpy(), (noise @ noise.T).numpy())
                found = torch.from_numpy(np.diag(covariance)[: len(mass)].copy())
                row[name] = float((found / expected.diagonal() - 1).abs().max())
        rows.append(row)
    return {"friction_over_median_frequency": 1.0, "rows": rows}


def equilibrium(samples=4000):
    """Equipartition by simulation, in one and two dimensions."""
    found = {}
    net = ThermalSystem(toy_problem("waves", points=800, noise=0.1, seed=0), sticks=6, group_size=2)
    *_, energy, mass = system()
    for name, (springs, inertia) in {
        "20 sticks": (energy, mass),
        "6 x 6 cells": (net.energy, net.mass),
    }.items():
        slowest = float(mode_frequencies(springs, inertia)[0])
        motion = Langevin(springs, inertia, friction=2 * slowest, temperature=0.1)
        start = torch.zeros(len(inertia), samples, dtype=torch.float64)
        state = motion.run(State(start, start), round(12 / slowest / motion.step))
        check = equipartition(springs, state.heights, temperature=0.1)
        found[name] = {
            "samples": samples,
            "error_of_a_ratio": check.error,
            "largest_deviation": float((check.ratio - 1).abs().max()),
            "chi2_per_mode": check.chi2,
            "modes": len(check.ratio),
            "fulfilled": check.is_fulfilled,
        }
    return found


def jarzynski_scores(seeds=40, repeats=400, temperature=0.1):
    """Deviation from the exact free energy change in standard errors, over independent runs."""
    model, u, y, _, mass = system()
    own = anchor_springs(len(mass), np.zeros(1), stiffness=0.1)
    stiff = quadratic_energy(data_springs(u, y, model.grids, stiffness=4.0) + own)
    soft = quadratic_energy(data_springs(u, y, model.grids, stiffness=1.0) + own)
    carried = move_data(u, 0.9 * y, y, model.grids, other=own)
    heated = ThermalSystem(
        toy_problem("sine", points=200, noise=0.1, seed=0), sticks=8, group_size=1
    )
    warm = 0.1 * heated.barrier.temperature
    cases = {
        "stiffen": (switch(soft, stiff), mass, temperature, 400),
        "stiffen slowly": (switch(soft, stiff), mass, temperature, 1600),
        "move data": (carried, mass, temperature, 400),
        "release": (heated.protocol(warm), heated.mass, warm, 3000),
    }
    found = {}
    for name, (protocol, inertia, degree, steps) in cases.items():
        exact = free_energy(protocol(1.0), temperature=degree) - free_energy(
            protocol(0.0), temperature=degree
        )
        scores, wasted = [], []
        for seed in range(seeds):
            generator = torch.Generator().manual_seed(seed)
            work = measure_work(
                protocol,
                inertia,
                temperature=degree,
                friction=float(mode_frequencies(protocol(1.0), inertia).median()) * 0.3,
                num_steps=steps,
                num_repeats=repeats,
                generator=generator,
            ).work
            estimate = jarzynski(work, temperature=degree, generator=generator)
            scores.append((estimate.value - exact) / estimate.error)
            wasted.append(estimate.dissipated / degree)
        found[name] = {
            "exact": exact,
            "temperature": degree,
            "runs": seeds,
            "repeats": repeats,
            "mean_score": float(np.mean(scores)),
            "rms_score": float(np.sqrt(np.mean(np.square(scores)))),
            "within_one_error": float(np.mean(np.abs(scores) < 1)),
            "within_two_errors": float(np.mean(np.abs(scores) < 2)),
            "dissipated_over_T": float(np.mean(wasted)),
        }
    return found


def entropy_balance(temperature=0.1):
    """Entropy produced by a relaxation against the exact loss of free energy over T."""
    model, u, y, _, mass = system(sticks=8)
    own = anchor_springs(len(mass), np.zeros(1), stiffness=0.1)
    energy = quadratic_energy(model.data_springs(u, y) + own)
    rest = equilibrium_moments(energy, mass, temperature)
    # From flat sticks at half the temperature.
    start = Moments(torch.zeros_like(rest.mean), 0.5 * rest.covariance)
    frequencies = mode_frequencies(energy, mass)
    friction, end, count = float(frequencies[0]), 30 / float(frequencies[0]), 6000
    options = {"friction": friction, "temperature": temperature}
    times = np.linspace(0, end, count + 1)
    now, rates = start, []
    for _ in times:
        rates.append(entropy_rates(now, mass, **options))
        now = evolve(now, energy, mass, duration=end / count, **options)
    produced = float(np.trapezoid([r.production for r in rates], times))
    away = start.mean - rest.mean
    precision = torch.linalg.inv(rest.covariance)
    size = 2 * len(mass)
    distance = 0.5 * float(
        (precision @ start.covariance).trace()
        - size
        + (away * (precision @ away)).sum()
        - torch.linalg.slogdet(start.covariance).logabsdet
        + torch.linalg.slogdet(rest.covariance).logabsdet
    )
    return {
        "produced": produced,
        "relative_entropy_to_equilibrium": distance,
        "relative_difference": produced / distance - 1,
        "smallest_rate": float(min(r.production for r in rates)),
    }
