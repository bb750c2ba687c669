"""``python -m pyg_energyloss`` is the ``energyloss`` command."""

import sys

from pyg_energyloss.cli import main

sys.exit(main())
