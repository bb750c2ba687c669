"""A problem as the tensors and numbers that the schema of an operator can hold."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor

from pyg_energyloss.functional.engine import handles
from pyg_energyloss.functional.engine.problem import Problem
from pyg_energyloss.radial import Form, RadialForm, TableForm, Well, WellForm

#: How many of the operands are tensors; these come first.
TENSORS = 9
#: Where the number of graphs stands.
GRAPHS = TENSORS


def packed(problem: Problem) -> tuple[Any, ...]:
    """Return the operands of a problem, in the order of the operator; the factor is left out.

    Raises:
        TypeError: the law or the potential has no number, see `handles.handle_of`.
    """
    law: Any = problem.law
    table: Tensor | None = None
    kind: Tensor | None = None
    if isinstance(law, TableForm):
        law, table, kind = law.radial, law.table, law.kind
    form, strength, parameter, handle = int(Form.CONSTANT), 1.0, 0.0, 0
    if isinstance(law, RadialForm):
        form, strength, parameter = int(law.form), law.strength, law.parameter
    elif law is not None:
        form, handle = 0, handles.handle_of(law)
    well = problem.well
    shape, width, well_handle = 0, 0.0, 0
    if isinstance(well, WellForm):
        shape, width = int(well.form), well.parameter
    else:
        well_handle = handles.handle_of(well)
    pairs = (problem.edge_index, problem.weight, problem.shift, problem.node_weight, table, kind)
    return (
        *(problem.pos, problem.rest, problem.batch, *pairs),
        *(problem.num_graphs, form, strength, parameter, handle),
        *(shape, width, well_handle, math.inf if problem.cutoff is None else problem.cutoff),
    )


def unpacked(operands: tuple[Any, ...]) -> Problem:
    """Return the problem of the operands."""
    pos, rest, batch, edge_index, weight, shift, node_weight, table, kind, *numbers = operands
    graphs, form, strength, parameter, handle, shape, width, well_handle, cutoff = numbers
    law: Any = RadialForm(Form(form), strength, parameter) if form else handles.held(handle)
    if table is not None and kind is not None:
        law = TableForm(law, table, kind)
    well: Any = WellForm(Well(shape), width) if shape else None
    return Problem(
        pos,
        rest,
        batch,
        graphs,
        law,
        edge_index,
        weight,
        shift,
        None,
        well if shape else handles.Handle(handles.held(well_handle)),
        None if math.isinf(cutoff) else cutoff,
        node_weight,
    )
