"""The figures and tables of the paper, beside what was measured here."""

from pyg_energyloss.paper.catalogue import EXHIBITS, build, write
from pyg_energyloss.paper.exhibit import Exhibit, Row, Trend
from pyg_energyloss.paper.polygons import polygon_quality, train_polygons

__all__ = [
    "EXHIBITS",
    "Exhibit",
    "Row",
    "Trend",
    "build",
    "polygon_quality",
    "train_polygons",
    "write",
]
