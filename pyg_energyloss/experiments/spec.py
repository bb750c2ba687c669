"""Everything that determines a run, as plain values."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from typing import Any, Self

#: Seeds that every random number generator in use takes.
SEED_LIMIT = 2**32
SEED: dict[str, Any] = {"least": 0, "below": SEED_LIMIT}


class FieldError(ValueError):
    """A field of a spec is out of range; the command line names its option instead.

    Args:
        field: Name of the field.
        told: What it must be, and what it is.
    """

    def __init__(self, field: str, told: str) -> None:
        super().__init__(field, told)
        self.field, self.told = field, told

    def __str__(self) -> str:
        return f"`{self.field}` {self.told}"


def about(
    text: str,
    *,
    choices: Sequence[str] = (),
    least: float | None = None,
    below: float = math.inf,
    flag: str = "",
    metavar: str | None = None,
) -> dict[str, Any]:
    """What commands and checks want to know of a field: its metadata.

    Args:
        text: What it is, as `--help` says it.
        choices: Values that it may have.
        least: Smallest value.
        below: Every value is smaller.
        flag: On the command line, if it is not the name.
        metavar: What `--help` calls the value.
    """
    rules = {"choices": choices, "least": least, "below": below}
    return {"text": text, "flag": flag, "metavar": metavar, **rules}


def option(default: Any, text: str = "", **more: Any) -> Any:
    """A field with a default that a command offers; ``more`` goes to `about`."""
    return field(default=default, metadata=about(text, **more))


def judging(default: Any = MISSING, text: str = "", *, factory: Any = MISSING, **more: Any) -> Any:
    """A field that tells how a trained run is judged: changing it never trains again."""
    told = {**about(text, **more), "judging": True}
    if factory is not MISSING:
        return field(default_factory=factory, metadata=told)
    return field(default=default, metadata=told)


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One run; two equal specs give equal results. An experiment adds its own fields.

    What a field is stands beside it, once for checks and commands.

    Raises:
        ValueError: a number is out of range.
    """

    model: str = field(metadata=about("what is compared"))
    seed: int = option(0, "of everything random", **SEED)

    def __post_init__(self) -> None:
        """Check choices and ranges."""
        for known in fields(self):
            value, told = getattr(self, known.name), known.metadata
            if told.get("choices") and value not in told["choices"]:
                one = f"must be one of {', '.join(told['choices'])}; got {value!r}"
                raise FieldError(known.name, one)
            least, below = told.get("least"), told.get("below", math.inf)
            if least is not None and not least <= value < below:
                top = "" if below == math.inf else f" and below {below}"
                raise FieldError(known.name, f"must be at least {least}{top}, got {value}")

    @property
    def names(self) -> tuple[str, ...]:
        """What sets the run apart from others of a study, but for the seed."""
        return (self.model,)

    @property
    def labels(self) -> dict[str, str]:
        """Head -> what the tables say below it; runs of equal labels differ in the seed alone."""
        return {"model": self.label}

    @property
    def key(self) -> str:
        """Short name, equal for runs that train alike however they are judged; also the folder."""
        trains = [f.name for f in fields(self) if "judging" not in f.metadata]
        digest = digest_of({name: getattr(self, name) for name in trains})
        return "-".join([*self.names, f"seed{self.seed}", digest]).replace(":", "_")

    @property
    def label(self) -> str:
        """The names of a run in its report."""
        return " + ".join(self.names)

    @property
    def title(self) -> str:
        """What the run is called in progress and errors."""
        return f"{self.label}, seed {self.seed}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as they come back from JSON."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The spec that `to_dict` described.

        Raises:
            ValueError: a field is unknown, or one without a default is missing.
        """
        known = {f.name: f for f in fields(cls)}
        if unknown := sorted(set(values) - set(known)):
            raise ValueError(f"a {cls.__name__} has no field {unknown[0]!r}; {', '.join(known)}")
        needed = [f.name for f in known.values() if _is_required(f)]
        if missing := [name for name in needed if name not in values]:
            raise ValueError(f"a {cls.__name__} needs `{missing[0]}`")
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(known[name].default, tuple) else value
            for name, value in values.items()
        }
        return cls(**given)


@dataclass(frozen=True, kw_only=True)
class TrainingSpec(Spec):
    """One training by steps of an optimiser.

    Raises:
        ValueError: a number is out of range.
    """

    model: str = field(metadata=about("registered name"))
    loss: str = field(metadata=about("registered name"))
    dataset: str = option("", "registered name, empty if it makes its own")
    seed: int = option(0, "of weights, order and noise", **SEED)
    steps: int = field(metadata=about("optimiser steps", least=1))
    batch_size: int = field(metadata=about("graphs a step", least=1))
    learning_rate: float = field(metadata=about("peak of the schedule", least=0))
    precision: str = option("32-true", "of the training (32-true)")
    dataset_options: dict[str, Any] = field(default_factory=dict)
    model_options: dict[str, Any] = field(default_factory=dict)
    loss_options: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Model and loss."""
        return (self.model, self.loss)

    @property
    def labels(self) -> dict[str, str]:
        """Model and loss."""
        return {"model": self.model, "loss": self.loss}


def check_levels(levels: Sequence[float], task: str) -> None:
    """Check that the task denoise has noise levels and no other task has.

    Raises:
        ValueError: it is not so, or a level is not positive.
    """
    if bool(levels) != (task == "denoise"):
        raise ValueError(
            f"`levels` are for the task denoise, which needs some; got {list(levels)} for the task "
            f"{task}"
        )
    if not all(math.isfinite(level) and level > 0 for level in levels):
        raise ValueError(f"`levels` must be positive noise levels in Å, got {list(levels)}")


def digest_of(values: Any) -> str:
    """Eight hexadecimal digits, the same for equal plain values.

    >>> digest_of({"steps": 10})
    '46eaf362'
    """
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]


def _is_required(of: Field[Any]) -> bool:
    return of.default is MISSING and of.default_factory is MISSING
