"""ASE calculators by name, by dotted name, or from any factory."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from importlib import util
from typing import Any

import torch
from ase.calculators.calculator import BaseCalculator, get_calculator_class

CalculatorFactory = Callable[[], BaseCalculator]

#: short name -> constructor and the options that make it quiet.
XTB_METHODS = {"gfn1": "GFN1-xTB", "gfn2": "GFN2-xTB", "ipea1": "IPEA1-xTB"}


def calculator_factory(
    calculator: str | Callable[..., BaseCalculator], options: Mapping[str, Any] | None = None
) -> CalculatorFactory:
    """Return a function that makes a fresh calculator each time.

    Args:
        calculator: ``"gfn2"``, ``"gfn1"``, ``"ipea1"`` (tblite); any name that ASE knows, such as
            ``"emt"`` or ``"lj"``; ``"package.module:Class"`` or ``"package.module.Class"``; or a
            callable that returns a calculator.
        options: keyword arguments of its constructor.

    Returns:
        A function of no arguments.

    Raises:
        ImportError: tblite is asked for and is not installed, or cannot be loaded.
        ValueError: nothing is called ``calculator``.

    >>> calculator_factory("emt")().implemented_properties[0]
    'energy'
    """
    keywords = dict(options or {})
    if not isinstance(calculator, str):
        return lambda: calculator(**keywords)
    if calculator.lower() in XTB_METHODS:
        constructor = _tblite()
        keywords = {"method": XTB_METHODS[calculator.lower()], "verbosity": 0, **keywords}
    else:
        constructor = _by_name(calculator)
    return lambda: constructor(**keywords)


def _tblite() -> Callable[..., BaseCalculator]:
    if not util.find_spec("tblite"):
        raise ImportError(
            "GFN-xTB needs tblite; install it with: pip install 'pyg-energyloss[ase]'"
        )
    try:
        from tblite.ase import TBLite
    except ImportError as error:
        # torch wheels before 2.6 bring an OpenMP library that is too old for tblite's.
        raise ImportError(
            f"tblite is installed and cannot be loaded together with torch {torch.__version__} "
            f"({_first(error)}); a newer torch, or both from conda-forge, load one OpenMP library"
        ) from error
    return TBLite  # type: ignore[no-any-return]


def _first(error: BaseException) -> str:
    """The error that led to this one."""
    while error.__context__ is not None:
        error = error.__context__
    return str(error)


def _by_name(name: str) -> Callable[..., BaseCalculator]:
    module, _, attribute = name.replace(":", ".").rpartition(".")
    try:
        if not module:
            return get_calculator_class(name)  # type: ignore[no-any-return]
        return getattr(importlib.import_module(module), attribute)  # type: ignore[no-any-return]
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(
            f"`calculator` must be 'gfn2', 'gfn1', 'ipea1', a name that ASE knows ('emt', 'lj', "
            f"...), 'package.module:Class' or a callable; got {name!r} ({error})"
        ) from error
