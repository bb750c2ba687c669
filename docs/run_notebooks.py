"""Run every notebook of examples/notebooks anew and keep what it shows: `make notebooks`."""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "examples" / "notebooks"


def run(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}).execute()
    for cell in notebook.cells:
        cell.metadata.clear()  # when each cell ran
    notebook.metadata.get("language_info", {}).pop("version", None)
    nbformat.write(notebook, path)


for path in sorted(FOLDER.glob(sys.argv[1] + ".ipynb" if sys.argv[1:] else "*.ipynb")):
    print(path.name, flush=True)
    run(path)
