"""Generative models: noise schedules, parametrisations, diffusion and flow matching, samplers."""

from pyg_energyloss.generative.centre import centred, centred_noise
from pyg_energyloss.generative.diffusion import MoleculeDiffusion
from pyg_energyloss.generative.guide import Guide, guidance, perceived_terms
from pyg_energyloss.generative.parametrisation import (
    degree_weight,
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
from pyg_energyloss.generative.prediction import (
    PREDICTIONS,
    PredictFlow,
    PredictNoise,
    PredictVelocity,
)
from pyg_energyloss.generative.samplers import SAMPLERS, ancestral, ddim, heun, sample
from pyg_energyloss.generative.schedules import (
    SCHEDULES,
    CosineSchedule,
    FlowSchedule,
    NoiseSchedule,
    PolynomialSchedule,
    log_snr,
)
from pyg_energyloss.generative.steps import ancestral_step, ddim_step, heun_correction, time_grid

__all__ = [
    "PREDICTIONS",
    "SAMPLERS",
    "SCHEDULES",
    "CosineSchedule",
    "FlowSchedule",
    "Guide",
    "MoleculeDiffusion",
    "NoiseSchedule",
    "PolynomialSchedule",
    "PredictFlow",
    "PredictNoise",
    "PredictVelocity",
    "ancestral",
    "ancestral_step",
    "centred",
    "centred_noise",
    "ddim",
    "ddim_step",
    "degree_weight",
    "epsilon_from_x0",
    "epsilon_weight",
    "flow_weight",
    "guidance",
    "heun",
    "heun_correction",
    "log_snr",
    "per_node",
    "perceived_terms",
    "sample",
    "score_from_epsilon",
    "score_weight",
    "time_grid",
    "velocity_weight",
    "x0_from_epsilon",
    "x0_from_flow",
    "x0_from_score",
    "x0_from_velocity",
]
