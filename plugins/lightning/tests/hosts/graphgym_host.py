"""A GraphGym program as its users write them: a data set, a configuration file, create and train.

It knows nothing of energy losses. Positions are predicted from noised ones in random orientations.
"""

import json
import logging
import sys
from pathlib import Path

import torch
from torch_geometric.data import Data, InMemoryDataset
from torch_geometric.graphgym import register
from torch_geometric.graphgym.config import cfg, load_cfg, set_cfg
from torch_geometric.graphgym.model_builder import create_model
from torch_geometric.graphgym.train import GraphGymDataModule, train
from torch_geometric.utils import dense_to_sparse

TETRAHEDRON = torch.tensor([[1.0, 1, 1], [-1, -1, 1], [1, -1, -1], [-1, 1, -1]])


class Shapes(InMemoryDataset):
    """Tetrahedra in random orientations; features name the corner, not where it is."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        edges = dense_to_sparse(1 - torch.eye(4))[0]
        graphs = []
        for number in range(300):
            turn = torch.linalg.qr(torch.randn(3, 3, generator=generator))[0]
            graph = Data(x=torch.eye(4), edge_index=edges, y=TETRAHEDRON @ turn)
            # Corner 3 is hidden in training: the loss has to do with masked rows.
            graph.train_mask = torch.tensor([True, True, True, number % 2 == 0])
            graph.val_mask = torch.ones(4, dtype=torch.bool)
            graph.test_mask = torch.ones(4, dtype=torch.bool)
            graphs.append(graph)
        self.data, self.slices = self.collate(graphs)


@register.register_loader("shapes")
def load_shapes(form, name, folder):
    return Shapes() if form == "shapes" else None


class Arguments:
    cfg_file = sys.argv[1]
    opts = sys.argv[2:]


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    set_cfg(cfg)
    load_cfg(cfg, Arguments)
    cfg.params = 0
    Path(cfg.run_dir).mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    module = GraphGymDataModule()
    model = create_model()
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False}
    train(model, module, logger=False, trainer_config=quiet)
    graph = Shapes()[0]
    with torch.no_grad():
        pos = model(graph)[0]
    error = (torch.cdist(pos, pos) - torch.cdist(TETRAHEDRON, TETRAHEDRON)).abs().mean()
    print(json.dumps({"distance_error": error.item()}))
