"""Structures predicted from graphs or from noised structures: `energyloss compare`."""
