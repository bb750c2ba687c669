"""How the pair energy is computed: compiled kernels and the plain-torch fallback."""

from pyg_energyloss.functional.engine.autograd import spring_energy
from pyg_energyloss.functional.engine.dispatch import engine_name
from pyg_energyloss.functional.engine.handles import Handle
from pyg_energyloss.functional.engine.laws import law_function, law_of
from pyg_energyloss.functional.engine.problem import Problem

__all__ = ["Handle", "Problem", "engine_name", "law_function", "law_of", "spring_energy"]
