"""Crystals: predicted from a noised copy or from their composition, with or without the cell."""
