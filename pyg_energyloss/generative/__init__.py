"""Parametrisations of generative models: from what they predict to the structure."""

from pyg_energyloss.generative.parametrisation import (
    epsilon_from_x0,
    epsilon_weight,
    flow_weight,
    per_node,
    score_from_epsilon,
    score_weight,
    velocity_weight,
    x0_from_epsilon,
    x0_from_flow,
    x0_from_score,
    x0_from_velocity,
)

__all__ = [
    "epsilon_from_x0",
    "epsilon_weight",
    "flow_weight",
    "per_node",
    "score_from_epsilon",
    "score_weight",
    "velocity_weight",
    "x0_from_epsilon",
    "x0_from_flow",
    "x0_from_score",
    "x0_from_velocity",
]
