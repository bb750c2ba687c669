"""One equivariant convolution: features of neighbours times spherical harmonics of the edge."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from e3nn import o3
from e3nn.nn import Gate
from torch import Tensor, nn

from pyg_energyloss_e3nn.hidden import at_least_one


def convolutions(irreps_sh: o3.Irreps, hidden: o3.Irreps, layers: int) -> Iterator[Convolution]:
    """Make convolutions that follow each other, the first on scalars, one when it is asked for.

    Args:
        irreps_sh: Irreps of the spherical harmonics of the edges.
        hidden: Irreps of the node features; pairs are as wide as their scalars.
        layers: How many.

    Raises:
        ValueError: `layers` is below 1.
    """
    channels = hidden.count("0e")
    current = o3.Irreps([(channels, "0e")])
    for _ in range(at_least_one("layers", layers)):
        convolution = Convolution(current, irreps_sh, hidden, channels)
        current = convolution.irreps_out
        yield convolution


class Convolution(nn.Module):
    """Sums tensor products of neighbour features with edge harmonics, then applies a gate.

    Args:
        irreps_in: Irreps of the node features that come in.
        irreps_sh: Irreps of the spherical harmonics of the edges.
        irreps_out: Irreps of the node features that go out; scalars gate the rest.
        radial_channels: Width of the pair features that set the weights of the product.

    Source: Thomas et al., "Tensor field networks", arXiv 1802.08219; the depthwise ("uvu") product
    follows Batzner et al., Nat. Commun. 13, 2453 (2022).
    """

    def __init__(
        self,
        irreps_in: o3.Irreps,
        irreps_sh: o3.Irreps,
        irreps_out: o3.Irreps,
        radial_channels: int,
    ) -> None:
        super().__init__()
        scalars = o3.Irreps([(mul, ir) for mul, ir in irreps_out if ir.l == 0])
        tensors = o3.Irreps([(mul, ir) for mul, ir in irreps_out if ir.l > 0])
        gates = o3.Irreps([(mul, "0e") for mul, _ in tensors])
        self.gate = Gate(
            scalars,
            [torch.nn.functional.silu if ir.p == 1 else torch.tanh for _, ir in scalars],
            gates,
            [torch.sigmoid for _ in gates],
            tensors,
        )
        irreps_mid, instructions = _depthwise(irreps_in, irreps_sh, self.gate.irreps_in)
        self.product = o3.TensorProduct(
            irreps_in,
            irreps_sh,
            irreps_mid,
            instructions,
            internal_weights=False,
            shared_weights=False,
        )
        self.radial = nn.Sequential(
            nn.Linear(radial_channels, radial_channels),
            nn.SiLU(),
            nn.Linear(radial_channels, self.product.weight_numel),
        )
        self.mix = o3.Linear(irreps_mid.simplify(), self.gate.irreps_in)
        self.own = o3.Linear(irreps_in, self.gate.irreps_in)
        self.irreps_out = self.gate.irreps_out

    def forward(self, h: Tensor, sh: Tensor, pair: Tensor, index: Tensor, scale: Tensor) -> Tensor:
        """Return new node features, [num_nodes, irreps_out.dim].

        Args:
            h: Node features [num_nodes, irreps_in.dim].
            sh: Spherical harmonics of the edges [num_edges, irreps_sh.dim].
            pair: Pair features [num_edges, radial_channels].
            index: Source and target of each edge [2, num_edges].
            scale: One over the root of the number of neighbours [num_nodes, 1].
        """
        message = self.product(h[index[0]], sh, self.radial(pair))
        summed = message.new_zeros(h.shape[0], message.shape[-1]).index_add(0, index[1], message)
        out: Tensor = self.gate(self.mix(scale * summed) + self.own(h))
        return out


def _depthwise(
    irreps_in: o3.Irreps, irreps_sh: o3.Irreps, irreps_wanted: o3.Irreps
) -> tuple[o3.Irreps, list[tuple[int, int, int, str, bool]]]:
    """Every path from an input to a wanted irrep, each keeping the input's multiplicity."""
    wanted = {ir for _, ir in irreps_wanted}
    paths = [
        (mul, ir_out, i, j)
        for i, (mul, ir_in) in enumerate(irreps_in)
        for j, (_, ir_sh) in enumerate(irreps_sh)
        for ir_out in ir_in * ir_sh
        if ir_out in wanted
    ]
    irreps_mid, permutation, _ = o3.Irreps([(mul, ir) for mul, ir, _, _ in paths]).sort()
    instructions = [(i, j, permutation[k], "uvu", True) for k, (_, _, i, j) in enumerate(paths)]
    return irreps_mid, sorted(instructions, key=lambda path: path[2])
