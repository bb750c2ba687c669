"""Watch a swapped loss: was it called at all, and with the positions of the batch as target?"""

from __future__ import annotations

import torch
from torch import Tensor

from pyg_energyloss.hosts.context import HostContext

#: Share by which distances of the target may differ from those of the batch's positions.
TOLERANCE = 0.02

#: Calls that are compared with the batch; the rest costs nothing.
COMPARED = 3


class SwapWatch:
    """What happened to one swapped loss; ``loss.on_call`` of a `FlatLoss`.

    Distances between neighbouring rows are compared, so a host that centres or turns its
    structures is not blamed. A batch without positions cannot be compared.

    Args:
        path: what was swapped, for the messages.

    >>> SwapWatch("loss_fn").complaint()
    "'loss_fn' was swapped, but never called: the program trains on something else. Name ..."
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.calls = 0
        self.different: tuple[float, float] | None = None

    def __call__(self, target: Tensor, context: HostContext) -> None:
        """Take note of a call; the first few are compared with the batch's positions."""
        self.calls += 1
        if self.calls > COMPARED or self.different is not None:
            return
        pos = context.get("pos")
        if not isinstance(pos, Tensor) or pos.shape != target.shape or len(pos) < 2:  # noqa: PLR2004 - a pair
            return
        true, found = (_steps(x.detach().to(torch.float32)) for x in (pos.to(target), target))
        # One number read back from the device, in the first calls only.
        if float((true - found).abs().mean()) > TOLERANCE * float(true.mean()):
            self.different = (float(true.mean()), float(found.mean()))

    def complaint(self) -> str | None:
        """Return what the user should know after the first epoch, or None."""
        if self.calls == 0:
            return (
                f"{self.path!r} was swapped, but never called: the program trains on something "
                "else. Name the attribute or function that its training step calls"
            )
        if self.different is not None:
            true, found = self.different
            return (
                f"{self.path!r} is called with a target that is not the positions of the batch "
                f"(neighbouring rows are {found:.3g} apart, in the batch {true:.3g}). If the "
                "program predicts noise or velocity, set `parametrization`; if its positions are "
                "elsewhere in the batch, set the field `pos`; else another attribute is meant"
            )
        return None


def _steps(pos: Tensor) -> Tensor:
    steps: Tensor = torch.linalg.vector_norm(pos.diff(dim=0), dim=-1)
    return steps
