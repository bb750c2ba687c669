"""Losses of spin systems: thin modules over `pyg_energyloss.functional.spins`."""
