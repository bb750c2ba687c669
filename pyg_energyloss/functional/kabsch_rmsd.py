"""Root mean square deviation after the best rigid superposition of each graph."""

from __future__ import annotations

from torch import Tensor

from pyg_energyloss.functional.graphs import compute_dtype
from pyg_energyloss.functional.kabsch import kabsch_mse
from pyg_energyloss.functional.saturate import saturate, widen


def kabsch_rmsd(
    pos_pred: Tensor,
    pos_target: Tensor,
    *,
    batch: Tensor | None = None,
    num_graphs: int | None = None,
    node_weight: Tensor | None = None,
    mirror: bool = False,
    softening: float = 0.02,
) -> Tensor:
    r"""Return the RMSD of each graph after rotating the target onto it, smooth at zero.

    .. math:: \sqrt{\min_{R, t} \frac{1}{\sum_i w_i} \sum_i w_i |\hat y_i - (R y_i + t)|^2
              + s^2} - s

    Its pull does not fade as the structure comes close, as that of a squared error does: it keeps
    its share beside a potential that is not squared either.

    Args:
        pos_pred: predicted positions [num_nodes, dim], in Å.
        pos_target: true positions [num_nodes, dim], in Å.
        batch: graph of every node [num_nodes]; None means one graph.
        num_graphs: number of graphs.
        node_weight: weight of every node [num_nodes]; 0 means it is not there.
        mirror: the mirror image of the target counts as well as the target.
        softening: s in Å, above 0: below it the value is quadratic, so that it has a slope of zero
            at the true structure.

    Returns:
        [num_graphs] in Å, twice differentiable in both positions.

    Raises:
        TypeError, ValueError: positions, `batch` or `node_weight` have a wrong type or shape.
        ValueError: `softening` is not a positive number.

    >>> import torch
    >>> target = torch.tensor([[0.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    >>> kabsch_rmsd(2.0 * target, target, softening=1e-3).round(decimals=2)
    tensor([1.])

    Source: Kabsch, Acta Cryst. A32, 922 (1976).
    """
    check_softening(softening)
    wide = widen(pos_pred, compute_dtype(pos_pred))
    square = kabsch_mse(
        wide,
        pos_target,
        batch=batch,
        num_graphs=num_graphs,
        node_weight=node_weight,
        mirror=mirror,
    )
    # The mean is over coordinates, and its largest number is not to overflow.
    dim = max(pos_pred.size(1), 1)
    length = (square + softening**2 / dim).sqrt() * dim**0.5
    return saturate(length - softening, pos_pred.dtype)


def check_softening(softening: float) -> float:
    """Return `softening`; raise unless it is positive.

    Raises:
        ValueError: it is not.
    """
    if not softening > 0.0:
        raise ValueError(f"`softening` must be a positive length in Å, got {softening!r}")
    return softening
