"""The fields of a run of `energyloss springs`, and the problem that they name."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from pyg_energyloss.experiments.spec import Spec, about, judging, option
from pyg_energyloss.files import read_npz
from pyg_energyloss_springs.app.functions import TOYS
from pyg_energyloss_springs.app.problem import Problem, table_problem, toy_problem
from pyg_energyloss_springs.app.table import Table, diabetes, unpacked

#: Competitor -> what the table calls it.
NAMES = {
    "springs": "springs and sticks",
    "spline": "least-squares spline (free hinges)",
    "network": "network, one hidden layer",
}
PARTS = ("contest", "hinges", "equilibrium", "heat")


@dataclass(frozen=True, kw_only=True)
class SticksSpec(Spec):
    """One fit of the contest, or one measurement on springs and sticks.

    Raises:
        ValueError: a field is out of range.
    """

    model: str = field(metadata=about("what is fitted", choices=tuple(NAMES)))
    part: str = option("contest", "what is measured", choices=PARTS)
    problem: str = option("sine", "a function, diabetes, or what the table is called")
    table: str = option("", "file of a table, in the study's folder")
    points: int = option(0, "of a function, to train on", least=0)
    noise: float = option(0.0, "of a function, relative to its scatter", least=0)
    sticks: int = option(20, "along each feature", least=1)
    group_size: int = option(2, "features that share a grid", least=1)
    folds: int = option(0, "of the cross-validation", least=0)
    temperatures: tuple[float, ...] = option((), "relative to that of the barrier")
    barrier_sticks: int = option(0, "sticks whose barrier the temperatures are relative to")
    repeats: int = option(0, "of each release", least=0)
    steps: int = option(0, "of Langevin dynamics in each release", least=0)
    stream: int = option(0, "of the thermal motion", least=0)
    learned: str = judging("", "what is learned from what, in words")
    frames: int = judging(0, "pictures of the film", least=0)

    @property
    def names(self) -> tuple[str, ...]:
        """The competitor, or what is measured with how many sticks."""
        return (self.model,) if self.part == "contest" else (self.part, str(self.sticks))

    @property
    def label(self) -> str:
        """The names in words."""
        return NAMES[self.model] if self.part == "contest" else f"{self.part}, {self.sticks} sticks"


def problem_of(spec: SticksSpec, out: Path) -> Problem:
    """What a run learns.

    Args:
        spec: Of the run.
        out: Folder of the study.
    """
    if spec.table:
        return table_problem(spec.problem, _read(out / spec.table), seed=spec.seed)
    if spec.problem in TOYS:
        return toy_problem(spec.problem, points=spec.points, noise=spec.noise, seed=spec.seed)
    return table_problem(spec.problem, diabetes(), seed=spec.seed)


@lru_cache(maxsize=1)
def _read(file: Path) -> Table:
    return unpacked(read_npz(file))
