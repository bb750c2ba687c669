"""Equivariant tensor-product baselines for pyg_energyloss, built on e3nn."""

from pyg_energyloss_e3nn.network import TensorProductNetwork

__all__ = ["TensorProductNetwork"]
