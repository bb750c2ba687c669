"""``python -m pyg_energyloss.hosts script arguments``: see `pyg_energyloss.hosts.launch`."""

import sys

from pyg_energyloss.hosts.swaps.launch import main

if __name__ == "__main__":
    sys.exit(main())
