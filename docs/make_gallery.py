"""Run the examples that draw, put their pictures into docs/images/gallery, write docs/gallery.md."""

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "images" / "gallery"
NAMES = (
    *("loss_landscape", "gradient_flow", "falling", "regular_shapes", "sparse_transform"),
    *("elastic_network", "crystal", "protein", "custom_stiffness", "custom_plugin"),
)

FOLDER.mkdir(parents=True, exist_ok=True)
lines = ["# Gallery", "", "Short scripts, each a picture and a point, each run by the tests.", ""]
for name in NAMES:
    path = ROOT / "examples" / f"{name}.py"
    environment = os.environ | {"MPLBACKEND": "Agg"}
    subprocess.run([sys.executable, path], check=True, cwd=FOLDER, env=environment)  # noqa: S603 - our own scripts
    text = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").replace("\n", " ")
    lines += [f"## [{name}](../examples/{name}.py)", "", text, ""]
    (picture,) = (file.name for file in FOLDER.glob(f"{name}.*"))
    lines += [f"![{name}](images/gallery/{picture})", ""]
lines += ["Without a picture: [quickstart](../examples/quickstart.py),"]
lines += ["[a swap in a Lightning script](../examples/lightning_swap.py),"]
lines += ["[losses as objects](../examples/losses.py), [spins](../examples/spins.py).", ""]
lines += ["Notebooks: [swap the loss](../examples/notebooks/swap_the_loss.ipynb),"]
lines += ["[your molecules](../examples/notebooks/your_molecules.ipynb),"]
lines += ["[write a loss](../examples/notebooks/loss_plugin.ipynb),"]
lines += ["[sparse edges in 3D](../examples/notebooks/sparse_edges.ipynb).", ""]
(ROOT / "docs" / "gallery.md").write_text("\n".join(lines), encoding="utf-8")
