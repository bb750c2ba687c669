"""ASE for pyg_energyloss: evaluators, an elastic-network calculator, converters, trajectories."""

from __future__ import annotations
