"""Training and comparing: Lightning modules, runs over worker processes, tables of results.

Most submodules need the extra ``train``, so nothing is imported here: import from the submodule, as
in ``from pyg_energyloss.training.compare import Comparison``.
"""

__all__: list[str] = []
