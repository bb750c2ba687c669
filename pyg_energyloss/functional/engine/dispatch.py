"""Choose an engine: numba on the CPU, Triton on CUDA, plain torch everywhere else."""

from __future__ import annotations

import functools
import importlib.util
import os
import warnings
from dataclasses import replace

import torch
from torch import Tensor

from pyg_energyloss.functional.engine import torch_engine
from pyg_energyloss.functional.engine.checks import check_batch, check_columns, looks
from pyg_energyloss.functional.engine.handles import Handle
from pyg_energyloss.functional.engine.problem import Problem, spring_law
from pyg_energyloss.functional.engine.springs import Springs, rest_distance, stiffness_of
from pyg_energyloss.radial import RadialForm, TableForm

#: Set to "torch" to compute in plain torch although a compiled engine is installed.
ENGINE_VARIABLE = "PYG_ENERGYLOSS_ENGINE"


@functools.cache
def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


@functools.cache
def _say_that_numba_is_missing() -> None:
    warnings.warn(
        "numba is not installed, so pair energies are computed in plain torch, which takes up to "
        "ten times as long: pip install numba",
        RuntimeWarning,
        stacklevel=2,
    )


def engine_name(problem: Problem) -> str:
    """Return "numba", "triton" or "torch": what computes this problem.

    Raises:
        ValueError: the environment variable PYG_ENERGYLOSS_ENGINE is neither "auto" nor "torch".

    >>> points = torch.zeros(2, 5)
    >>> engine_name(Problem(points, points, None, 1, None))  # five dimensions
    'torch'
    """
    wanted = os.environ.get(ENGINE_VARIABLE, "auto")
    if wanted not in ("auto", "torch"):
        raise ValueError(
            f"`{ENGINE_VARIABLE}` must be 'auto' or 'torch', got {wanted!r}; unset it to have the "
            "fastest engine that is installed"
        )
    listed = problem.edge_index is not None  # the law of listed pairs becomes their weight
    known = listed or problem.law is None or isinstance(problem.law, (RadialForm, TableForm))
    if isinstance(problem.well, Handle) or not known or wanted == "torch":
        return "torch"
    if problem.pos.size(1) > 3:  # noqa: PLR2004 - the kernels are written for space
        return "torch"
    device = problem.pos.device.type
    if device == "cpu":
        if _installed("numba"):
            return "numba"
        _say_that_numba_is_missing()
    if device == "cuda" and _installed("triton"):
        return "triton"
    return "torch"


def energy_gradient(problem: Problem) -> tuple[Tensor, Tensor]:
    """Return the energy of each graph [num_graphs] and its gradient [num_nodes, dim].

    Raises:
        ValueError: on a CPU, an index is out of range or a column joins two graphs.
    """
    name = engine_name(problem)
    if name != "numba" and looks(problem.pos):
        _check(problem)
    if problem.edge_index is not None and not isinstance(problem.law, (RadialForm, type(None))):
        if looks(problem.pos):
            _check(problem)
        problem = _weighted_by_law(problem)
    if name == "numba":
        from pyg_energyloss.functional.engine.numba import engine as numba_engine

        return numba_engine.energy_gradient(problem)
    if name == "triton":
        from pyg_energyloss.functional.engine.triton_engine import energy_gradient as on_cuda

        energy, gradient = on_cuda(problem)
    else:
        with torch.autocast(problem.pos.device.type, enabled=False):  # a law may multiply matrices
            energy, gradient = torch_engine.energy_gradient(problem)
    if problem.factor is None:
        return energy, gradient
    return energy * problem.factor, gradient * problem.per_node(problem.factor)


def _check(problem: Problem) -> None:
    if problem.batch is not None:
        check_batch(problem.batch, problem.num_graphs)
    if problem.edge_index is not None:
        check_columns(problem.edge_index, problem.batch, len(problem.pos))


def _weighted_by_law(problem: Problem) -> Problem:
    """The problem of listed pairs whose stiffness is a weight, which every engine knows."""
    if problem.edge_index is None:
        return problem
    source, target = problem.edge_index
    springs = Springs(source, target, problem.weight, problem.shift)
    with torch.autocast(problem.pos.device.type, enabled=False):
        distance = rest_distance(problem, springs)
        k = stiffness_of(problem, spring_law(problem.law), springs, distance)
    return replace(problem, law=None, weight=k)
