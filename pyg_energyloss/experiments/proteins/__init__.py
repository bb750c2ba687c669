"""Fragments of proteins recovered from noised copies: `energyloss proteins`."""
