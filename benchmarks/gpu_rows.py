"""One row of `benchmarks/gpu.py`: time, memory and errors of one way to compute a case."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import gpu_training
import torch
from gpu_cases import CASES, SMALL, Energy, Problem
from torch import Tensor

from pyg_energyloss.experiments.environment import peak_memory_mib, reset_peak_memory
from pyg_energyloss.functional.engine import dispatch

Row = dict[str, Any]

#: Seconds of repeats, and repeats at least.
BUDGET, REPEATS = 0.3, 3
#: Above this a relative error makes a row of ours wrong.
TOLERANCE = 1e-5


@contextmanager
def engine(name: str | None) -> Iterator[None]:
    """Have this engine compute, or the one that the library chooses.

    It never chooses Triton's interpreter, which stands in for a GPU here.
    """
    before = dispatch.engine_for
    if name is not None:
        dispatch.engine_for = lambda *_: name
    _forget()
    try:
        yield
    finally:
        dispatch.engine_for = before
        _forget()


def _forget() -> None:
    """Have the library choose anew, if it remembers what it chose."""
    clear = getattr(getattr(dispatch, "solver_for", None), "cache_clear", None)
    if clear is not None:
        clear()


def engine_of_ours(pos: Tensor) -> str:
    """What the library chooses on a GPU; elsewhere Triton, if it is installed."""
    if not pos.is_cuda and find_spec("triton"):
        return "triton"
    flat = pos.reshape(-1, pos.size(-1))
    return dispatch.engine_name(dispatch.Problem(flat, flat, None, 1, None))


def value_and_gradient(energy: Energy, pos: Tensor) -> tuple[Tensor, Tensor]:
    leaf = pos.detach().clone().requires_grad_()
    value = energy(leaf).sum()
    value.backward()
    return value.detach(), leaf.grad


def timed(energy: Energy, pos: Tensor, repeats: int) -> float:
    """Milliseconds of a value and its gradient: the median, by the clock of the device."""
    cuda, times, began = pos.is_cuda, [], time.perf_counter()
    leaf = pos.detach().clone().requires_grad_()
    while len(times) < repeats or (cuda and time.perf_counter() - began < BUDGET):
        leaf.grad = None
        if cuda:
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            energy(leaf).sum().backward()
            end.record()
            end.synchronize()
            times.append(start.elapsed_time(end))
        else:
            start = time.perf_counter()
            energy(leaf).sum().backward()
            times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


@functools.lru_cache(maxsize=1)
def built(case: str, device: str) -> tuple[Problem, tuple[Tensor, Tensor] | None]:
    """The problem of a case, and what is right: kept while its ways follow each other."""
    made = CASES[case]
    atoms = made.atoms if device == "cuda" else SMALL.get(made.atoms, 6)
    problem = made.build(atoms, device)
    if problem.right is None:
        return problem, None
    with engine("torch"):
        return problem, value_and_gradient(problem.right, problem.pred.double())


def solve(case: str, way: str, device: str) -> Row:
    """Compute one row; what goes wrong is said in it."""
    row: Row = {"case": case, "way": way}
    try:
        if case == gpu_training.CASE:
            return row | gpu_training.trained(way, device)
        return row | measured(case, way, device)
    except Exception as error:  # noqa: BLE001 - a row that breaks is a row
        return row | {"error": f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"}


def measured(case: str, way: str, device: str) -> Row:
    problem, right = built(case, device)
    energy, ours = problem.ways[way], way in {"ours", "one_by_one"}
    name = engine_of_ours(problem.pred) if ours else ""
    with engine(name or None):
        value, gradient = value_and_gradient(energy, problem.pred)
        reset_peak_memory()
        before = torch.cuda.memory_allocated() / 2**20 if device == "cuda" else peak_memory_mib()
        value_and_gradient(energy, problem.pred)
        row: Row = {"engine": name, "mib": round(peak_memory_mib() - before, 2)}
        row["ms"] = round(timed(energy, problem.pred, REPEATS if device == "cuda" else 1), 4)
    if right is not None:
        row["value_error"] = float((value.double() - right[0]).abs() / right[0].abs())
        off = (gradient.double() - right[1]).abs().max() / right[1].abs().max()
        row["gradient_error"] = float(off)
        if ours and not max(row["value_error"], row["gradient_error"]) <= TOLERANCE:
            row["wrong"] = True
    row["atoms"] = problem.pred[..., 0].numel()
    return row
