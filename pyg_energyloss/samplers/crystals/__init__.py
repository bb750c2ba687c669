"""Edges of periodic structures."""
