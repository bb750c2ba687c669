"""MSE has one minimum; the pair energy has one for every correct arrangement (figure 2)."""

from pathlib import Path

from pyg_energyloss.paper import build
from pyg_energyloss.paper.exhibits.figure2 import draw

for trend in build("figure2").trends:
    print(f"{trend}")
draw(Path()).rename("loss_landscape.png")
