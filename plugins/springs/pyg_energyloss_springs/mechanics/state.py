"""Heights and velocities of the nodes."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class State(NamedTuple):
    """Heights and velocities [num_nodes, num_columns]; a column is an independent copy."""

    heights: Tensor
    velocities: Tensor
