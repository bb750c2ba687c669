"""Choose an engine: numba on the CPU, Triton on CUDA, plain torch everywhere else."""

from __future__ import annotations

import functools
import importlib.util
import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.engine import torch_engine
from pyg_energyloss.functional.engine.checks import check_springs, looks
from pyg_energyloss.functional.engine.problem import Problem, spring_law
from pyg_energyloss.functional.engine.springs import Springs, rest_distance, stiffness_of
from pyg_energyloss.radial import RadialForm, TableForm, WellForm

#: Laws that the engines know, unlike functions of the user.
_FORMS = (RadialForm, TableForm, type(None))

Solver = Callable[[Problem], tuple[Tensor, Tensor]]

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
    listed, wanted = problem.edge_index is not None, os.environ.get(ENGINE_VARIABLE, "auto")
    device, dim = problem.pos.device.type, problem.pos.size(1)
    return engine_for(device, dim, type(problem.law), type(problem.well), listed, wanted)


def engine_for(  # noqa: PLR0917 - what `solver_for` is asked, hashed as it comes
    device: str, dim: int, law: type, well: type, listed: bool, wanted: str
) -> str:
    """Return the name of the engine of a kind of problem.

    Args:
        device: type of the device.
        dim: dimension of space.
        law: type of `Problem.law`.
        well: type of `Problem.well`.
        listed: whether pairs are listed, not all pairs of each graph.
        wanted: what the environment variable says.

    Raises:
        ValueError: `wanted` is neither "auto" nor "torch".

    >>> engine_for("meta", 3, RadialForm, WellForm, listed=False, wanted="auto")
    'torch'
    """
    if wanted not in ("auto", "torch"):
        raise ValueError(
            f"`{ENGINE_VARIABLE}` must be 'auto' or 'torch', got {wanted!r}; unset it to have the "
            "fastest engine that is installed"
        )
    # The law of listed pairs becomes their weight.
    known = listed or issubclass(law, _FORMS)
    if well is not WellForm or not known or wanted == "torch":
        return "torch"
    if dim > 3:  # noqa: PLR2004 - the kernels are written for space
        return "torch"
    if device == "cpu":
        if _installed("numba"):
            return "numba"
        _say_that_numba_is_missing()
    if device == "cuda" and _installed("triton"):
        return "triton"
    return "torch"


@functools.cache
def solver_for(  # noqa: PLR0917 - hashed as it comes, at each call of a loss
    device: str, dim: int, law: Any, well: Any, listed: bool, wanted: str
) -> Solver:
    """Return the function that gives energy and gradient of a kind of problem.

    The arguments and errors are those of `engine_for`. The function returns the energy of each
    graph [num_graphs] and its gradient [num_nodes, dim], and raises ValueError if, on a CPU, an
    index is out of range or a column joins two graphs.
    """
    solve = _SOLVERS[engine_for(device, dim, law, well, listed, wanted)]()
    if listed and not issubclass(law, (RadialForm, type(None))):
        return functools.partial(_with_law_as_weight, solve)
    return solve


def _numba() -> Solver:
    from pyg_energyloss.functional.engine.numba.engine import energy_gradient

    return energy_gradient


def _triton() -> Solver:
    from pyg_energyloss.functional.engine.triton_engine import energy_gradient

    return functools.partial(_checked_and_weighted, energy_gradient)


def _torch() -> Solver:
    def energy_gradient(problem: Problem) -> tuple[Tensor, Tensor]:
        if isinstance(problem.law, _FORMS) and isinstance(problem.well, WellForm):
            return torch_engine.energy_gradient(problem)
        with torch.autocast(problem.pos.device.type, enabled=False):  # others may multiply matrices
            return torch_engine.energy_gradient(problem)

    return functools.partial(_checked_and_weighted, energy_gradient)


_SOLVERS: dict[str, Callable[[], Solver]] = {"numba": _numba, "triton": _triton, "torch": _torch}


def _checked_and_weighted(solve: Solver, problem: Problem) -> tuple[Tensor, Tensor]:
    """Indices are looked at here, and the weights of the graphs multiplied: numba does it all."""
    if looks(problem.pos):
        check_springs(problem.edge_index, problem.batch, problem.num_graphs, len(problem.pos))
    energy, gradient = solve(problem)
    if problem.factor is None:
        return energy, gradient
    return energy * problem.factor, gradient * problem.per_node(problem.factor)


def _with_law_as_weight(solve: Solver, problem: Problem) -> tuple[Tensor, Tensor]:
    """The stiffness of listed pairs is a weight, which every engine knows."""
    if problem.edge_index is None:
        return solve(problem)
    if looks(problem.pos):
        check_springs(problem.edge_index, problem.batch, problem.num_graphs, len(problem.pos))
    source, target = problem.edge_index
    springs = Springs(source, target, problem.weight, problem.shift)
    with torch.autocast(problem.pos.device.type, enabled=False):
        distance = rest_distance(problem, springs)
        k = stiffness_of(problem, spring_law(problem.law), springs, distance)
    return solve(replace(problem, law=None, weight=k))
