"""What the spin losses share: the call, the global flip, the reduction."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import graph_counts, graph_sum
from pyg_energyloss.functional.spins.flip import FLIP_RULES, FlipRule
from pyg_energyloss.functional.spins.spin_entropy import spin_logits, spin_mean
from pyg_energyloss.losses.parts.arithmetic import LossArithmetic
from pyg_energyloss.losses.parts.reduce import check_reduction, reduce_graphs
from pyg_energyloss.losses.spins.spin_info import SpinInfo, spin_info


class SpinLoss(LossArithmetic):
    """Call ``loss(logits, data)``; a subclass says what each graph's value is.

    Args:
        flip: how the target's global sign is chosen for each graph: None (as given), "min" (the
            smaller loss), "overlap" (the sign that agrees with most of the prediction), "soft"
            (both, a priori equally likely), or a function of (loss of y, loss of -y, overlap).
        normalize: divide each graph's value by its number of "spins", or not (None).
        reduction: over graphs: "mean", "sum", or "none" for one value per graph.

    Raises:
        ValueError: an option is not one of the above.
    """

    def __init__(
        self,
        *,
        flip: str | FlipRule | None = None,
        normalize: str | None = "spins",
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        if isinstance(flip, str) and flip not in FLIP_RULES:
            raise ValueError(
                f"`flip` must be None, one of {', '.join(map(repr, FLIP_RULES))} or a function, "
                f"got {flip!r}"
            )
        if normalize not in (None, "spins"):
            raise ValueError(f"`normalize` must be 'spins' or None, got {normalize!r}")
        self.flip = flip
        self.normalize = normalize
        self.reduction = check_reduction(reduction)

    def graph_values(self, logits: Tensor, info: SpinInfo, sign: int) -> Tensor:
        """Return the value of each graph [num_graphs] against ``sign`` times the target."""
        raise NotImplementedError

    def forward(self, logits: Tensor, data: Any) -> Tensor:
        """Return the reduced loss of logits ``ln p(+1)/p(-1)`` [num_nodes] against ``data.y``.

        Args:
            logits: [num_nodes] or [num_nodes, 1].
            data: PyG batch with bonds in ``edge_index``, couplings in ``edge_attr``, target in
                ``y`` (+1 or -1).

        Raises:
            TypeError, ValueError: ``data`` or ``logits`` lack what the loss needs.
        """
        info = spin_info(data)
        values = self.graph_values(logits, info, 1)
        if self.flip is not None:
            rule = FLIP_RULES[self.flip] if isinstance(self.flip, str) else self.flip
            flipped = self.graph_values(logits, info, -1)
            values = rule(values, flipped, _overlap(logits, info))
        if self.normalize == "spins":
            z = spin_logits(logits)
            values = values / graph_counts(z, info.batch, info.num_graphs).clamp(min=1)
        return reduce_graphs(values, self.reduction)

    def extra_repr(self) -> str:
        """Options that differ from the defaults."""
        return "" if self.flip is None else f"flip={self.flip!r}"


def _overlap(logits: Tensor, info: SpinInfo) -> Tensor:
    with torch.no_grad():
        if info.target is None:
            return torch.ones(info.num_graphs, device=logits.device)
        mean = spin_mean(spin_logits(logits))
        return graph_sum(mean * info.target.to(mean.dtype), info.batch, info.num_graphs)
