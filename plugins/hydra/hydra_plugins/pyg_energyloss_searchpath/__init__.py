"""Hydra finds this by its place; it adds our configuration groups to every Hydra program.

A program that names none of the groups is composed as before.
"""

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin


class EnergyLossSearchPath(SearchPathPlugin):
    """Adds ``pkg://pyg_energyloss_hydra.conf``, after everything that the program itself has."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append our groups."""
        search_path.append(provider="pyg-energyloss", path="pkg://pyg_energyloss_hydra.conf")
