"""The paper's residual convolutional network from couplings to spins."""

from __future__ import annotations

from typing import Any, Literal

from torch import Tensor, nn

from pyg_energyloss.models.spin_grid import coupling_image


class SpinCNN(nn.Module):
    """Residual convolutions over a rectangular lattice: couplings in, one logit per spin out.

    Args:
        width: channels.
        layers: residual convolutions of 3 x 3 sites.
        periodic: pad by wrapping around, for periodic lattices; else with zeros, from which the
            network can tell where the border is.
        shape: rows and columns; None: square.

    The paper's network has 6 layers of width 256 (Kaba et al., arXiv 2511.02087, C.3).
    """

    def __init__(
        self,
        *,
        width: int = 48,
        layers: int = 6,
        periodic: bool = False,
        shape: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        self.periodic = periodic
        self.shape = shape
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
        h = self.embed(coupling_image(data, shape=self.shape, periodic=self.periodic))
        for layer in self.layers:
            h = h + layer(h)
        logits: Tensor = self.head(h).reshape(-1)
        return logits
