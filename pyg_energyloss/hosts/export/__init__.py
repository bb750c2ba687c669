"""Data sets as other programs want them on disk, from molecules of this library."""

from pyg_energyloss.hosts.export.writers import HOSTS, export_for

__all__ = ["HOSTS", "export_for"]
