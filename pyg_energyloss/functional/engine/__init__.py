"""How the pair energy is computed: compiled kernels and the plain-torch fallback."""

from pyg_energyloss.functional.engine.autograd import spring_energy
from pyg_energyloss.functional.engine.dispatch import engine_name
from pyg_energyloss.functional.engine.handles import Handle
from pyg_energyloss.functional.engine.laws import FORMS, exceptions_of, law_function, law_of
from pyg_energyloss.functional.engine.problem import Problem
from pyg_energyloss.functional.engine.wells import potential_object, well_of

__all__ = [
    "FORMS",
    "Handle",
    "Problem",
    "engine_name",
    "exceptions_of",
    "law_function",
    "law_of",
    "potential_object",
    "spring_energy",
    "well_of",
]
