"""Molecules from noise, by diffusion or flow matching: `energyloss generate`."""
