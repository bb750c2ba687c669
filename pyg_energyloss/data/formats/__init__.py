"""Readers of single formats: path in, `Structure` objects out."""
