"""Spin systems: energies, fields and scores of spin by spin predictions."""
