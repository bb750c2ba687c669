"""Watch a swapped loss: was it called at all, and with the positions of the batch as target?"""

from __future__ import annotations

import logging

import torch
from torch import Tensor

log = logging.getLogger("pyg_energyloss")

#: Share by which distances of the target may differ from those of the batch's positions.
TOLERANCE = 0.02

#: Calls that are compared with the batch; the rest costs nothing.
COMPARED = 3

OPTION = "check=warn after the loss's name turns this into a warning"


class WrongTargetError(ValueError):
    """A swapped loss is called with something else than positions, or not at all."""


class SwapWatch:
    """What happens to one swapped loss; ``loss.on_call`` of a `FlatLoss`.

    Distances between neighbouring rows are compared, so a host that centres, turns or scales its
    structures is not blamed. A batch without positions cannot be compared.

    Args:
        path: what was swapped, for the messages.
        warn: say it in the log instead of raising.

    >>> watch = SwapWatch("loss_fn")
    >>> watch(torch.eye(3), torch.eye(3))
    >>> watch.trained()
    """

    def __init__(self, path: str, *, warn: bool = False) -> None:
        self.path = path
        self.warn = warn
        self.calls = 0
        self._done = False

    def __call__(self, target: Tensor, pos: Tensor | None) -> None:
        """Take note of a call; the first few are compared with the batch's positions.

        Args:
            target: what the loss takes for the true positions [num_nodes, dim].
            pos: the batch's positions [num_nodes, dim], where it has some.

        Raises:
            WrongTargetError: the target is something else.
        """
        self.calls += 1
        if self.calls > COMPARED or not isinstance(pos, Tensor) or len(pos) != len(target):
            return
        if pos.shape != target.shape:
            self._tell(
                f"{self.path!r} is called with a target of shape {tuple(target.shape)}, the "
                f"batch's positions have {tuple(pos.shape)}: it scores something else. Name the "
                "attribute or function that scores positions"
            )
            return
        true, found = (_steps(x.detach().to(torch.float32)) for x in (pos.to(target), target))
        if not len(true):
            return
        # One number read back from the device, in the first calls only.
        apart, wanted = float(found.mean()), float(true.mean())
        scaled = found * (wanted / apart) if apart > 0 else found
        if float((true - scaled).abs().mean()) > TOLERANCE * wanted:
            self._tell(
                f"{self.path!r} is called with a target that is not the positions of the batch "
                f"(neighbouring rows are {apart:.3g} apart, in the batch {wanted:.3g}). If the "
                "program predicts noise or velocity, set `parametrization`; if its positions are "
                "elsewhere in the batch, set the field `pos`; else another attribute is meant"
            )

    def trained(self) -> None:
        """Say that a training step has ended.

        Raises:
            WrongTargetError: the loss was not called in it, nor before.
        """
        if self.calls == 0:
            self._tell(
                f"{self.path!r} was swapped, but never called in a training step: the program "
                "trains on something else. Name the attribute or function that its training step "
                "calls"
            )

    def _tell(self, complaint: str) -> None:
        if self._done:
            return
        self._done = True
        if not self.warn:
            raise WrongTargetError(f"{complaint}; {OPTION}")
        log.warning("%s", complaint)


def _steps(pos: Tensor) -> Tensor:
    steps: Tensor = torch.linalg.vector_norm(pos.diff(dim=0), dim=-1)
    return steps
