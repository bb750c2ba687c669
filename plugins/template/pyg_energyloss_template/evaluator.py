"""How compact a structure is."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.functional.graphs import graph_sum
from pyg_energyloss.losses import graph_info


class RadiusOfGyration:
    """Difference of the radii of gyration of prediction and truth, Å."""

    def __call__(self, pos_pred: Tensor, data: Any) -> dict[str, Tensor]:
        """Return one value per graph."""
        info = graph_info(data)
        batch = info.batch
        if batch is None:
            batch = torch.zeros(len(pos_pred), dtype=torch.long, device=pos_pred.device)
        count = graph_sum(torch.ones_like(pos_pred[:, 0]), batch, info.num_graphs)
        radii = []
        for pos in (pos_pred, info.pos):
            centre = graph_sum(pos, batch, info.num_graphs) / count[:, None]
            spread = (pos - centre[batch]).square().sum(dim=1)
            radii.append((graph_sum(spread, batch, info.num_graphs) / count).sqrt())
        return {"gyration_error": (radii[0] - radii[1]).abs()}
