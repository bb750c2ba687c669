"""What the scripts of this folder share: print one exhibit and write it beside the others."""

import sys
from pathlib import Path

from pyg_energyloss.paper import build, write


def show(name: str) -> None:
    """Print the exhibit; with a folder as argument, write JSON, Markdown and picture there."""
    exhibit = build(name)
    print(exhibit.to_markdown())
    for folder in map(Path, sys.argv[1:2]):
        write(exhibit, folder)
