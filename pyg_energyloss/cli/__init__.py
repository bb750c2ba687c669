"""The command line: ``energyloss`` and ``python -m pyg_energyloss``."""

from pyg_energyloss.cli.main import main

__all__ = ["main"]
