"""What the structure losses share: the call, the reduction, the check of `data`."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import Tensor

from pyg_energyloss.losses.parts.arithmetic import LossArithmetic
from pyg_energyloss.losses.parts.graph_info import GraphInfo, graph_info
from pyg_energyloss.losses.parts.reduce import check_reduction, reduce_graphs


class StructureLoss(LossArithmetic):
    """Call ``loss(pos_pred, data)``; a subclass says what each graph's value is.

    Args:
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.

    Raises:
        ValueError: `reduction` is something else.
    """

    #: The power of an error's size that the value grows with, see `degree_of`.
    degree: ClassVar[float] = 2.0
    #: Options that are shown where they are not these.
    defaults: ClassVar[dict[str, Any]] = {"reduction": "mean"}

    def __init__(self, *, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = check_reduction(reduction)

    def graph_values(self, pos_pred: Tensor, info: GraphInfo) -> Tensor:
        """Return the value of each graph [num_graphs]."""
        raise NotImplementedError

    def forward(self, pos_pred: Tensor, data: Any) -> Tensor:
        """Return the reduced loss of predicted positions [num_nodes, dim] against ``data.pos``.

        Raises:
            TypeError, ValueError: `data` lacks positions or graph information, or shapes differ.
        """
        return reduce_graphs(self.graph_values(pos_pred, graph_info(data)), self.reduction)

    def __repr__(self) -> str:
        options = ((name, getattr(self, name), usual) for name, usual in self.defaults.items())
        shown = ", ".join(f"{name}={value!r}" for name, value, usual in options if value != usual)
        return f"{type(self).__name__}({shown})"
