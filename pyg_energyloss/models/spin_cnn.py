"""The paper's residual convolutional network from couplings to spins."""

from __future__ import annotations

from typing import Any, Literal

from torch import Tensor, nn

from pyg_energyloss.models.spin_frame import in_frame
from pyg_energyloss.models.spin_grid import coupling_image


class SpinCNN(nn.Module):
    """Residual convolutions over a rectangular lattice: couplings in, one logit per spin out.

    Args:
        width: channels.
        layers: residual convolutions of 3 x 3 sites.
        periodic: pad by wrapping around, for periodic lattices; else with zeros, from which the
            network can tell where the border is.
        shape: rows and columns; None: square.
        frame: read the couplings relative to `strong_bond_frame` and write the logits relative to
            it, which makes the network equivariant under gauge transformations; train with a loss
            that is blind to the global flip.

    The paper's network has 6 layers of width 256 (Kaba et al., arXiv 2511.02087, C.3).
    """

    def __init__(
        self,
        *,
        width: int = 48,
        layers: int = 6,
        periodic: bool = False,
        shape: tuple[int, int] | None = None,
        frame: bool = False,
    ) -> None:
        super().__init__()
        self.periodic = periodic
        self.shape = shape
        self.frame = frame
        padding: Literal["circular", "zeros"] = "circular" if periodic else "zeros"
        self.embed = nn.Conv2d(4, width, 3, padding=1, padding_mode=padding)
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.GroupNorm(1, width),
                nn.SiLU(),
                nn.Conv2d(width, width, 3, padding=1, padding_mode=padding),
            )
            for _ in range(layers)
        )
        self.head = nn.Sequential(nn.GroupNorm(1, width), nn.SiLU(), nn.Conv2d(width, 1, 1))

    def forward(self, data: Any) -> Tensor:
        """Return logits ``ln p(+1)/p(-1)`` of a batch of lattices, [num_nodes]."""
        if self.frame:
            frame, turned = in_frame(data)
            logits = self._logits(turned)
            return frame.to(logits.dtype) * logits
        return self._logits(data)

    def _logits(self, data: Any) -> Tensor:
        h = self.embed(coupling_image(data, shape=self.shape, periodic=self.periodic))
        for layer in self.layers:
            h = h + layer(h)
        logits: Tensor = self.head(h).reshape(-1)
        return logits
