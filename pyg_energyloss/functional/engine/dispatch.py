"""Choose an engine: numba on the CPU, Triton on CUDA, plain torch everywhere else."""

from __future__ import annotations

import functools
import importlib.util
import os

import torch
from torch import Tensor

from pyg_energyloss.functional.engine import torch_engine
from pyg_energyloss.functional.engine.problem import Problem
from pyg_energyloss.radial import RadialForm

#: Set to "torch" to compute in plain torch although a compiled engine is installed.
ENGINE_VARIABLE = "PYG_ENERGYLOSS_ENGINE"


@functools.cache
def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def engine_name(problem: Problem) -> str:
    """Return "numba", "triton" or "torch": what computes this problem.

    >>> points = torch.zeros(2, 5)
    >>> engine_name(Problem(points, points, None, 1, None))  # five dimensions
    'torch'
    """
    known = problem.law is None or isinstance(problem.law, RadialForm)
    if not known or problem.pos.size(1) > 3:  # noqa: PLR2004 - the kernels are written for space
        return "torch"
    if os.environ.get(ENGINE_VARIABLE, "auto") == "torch":
        return "torch"
    device = problem.pos.device.type
    if device == "cpu" and _installed("numba"):
        return "numba"
    if device == "cuda" and _installed("triton"):
        return "triton"
    return "torch"


def energy_gradient(problem: Problem) -> tuple[Tensor, Tensor]:
    """Return the energy of each graph [num_graphs] and its gradient [num_nodes, dim]."""
    name = engine_name(problem)
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
