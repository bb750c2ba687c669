"""Everything that determines a run, as plain values."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from typing import Any, Self

#: Seeds that every random number generator in use takes.
SEED_LIMIT = 2**32


def judging(default: Any = MISSING, *, factory: Any = MISSING) -> Any:
    """A field that tells how a trained run is judged: changing it never trains again."""
    about = {"judging": True}
    if factory is not MISSING:
        return field(default_factory=factory, metadata=about)
    return field(default=default, metadata=about)


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One training run; two equal specs give equal results. An experiment adds its own fields.

    Attributes:
        model: Registered name.
        loss: Registered name.
        dataset: Registered name, empty if the experiment makes its own data.
        seed: Seeds the initial weights, the order of the data, and all noise.
        steps: Optimiser steps.
        batch_size: Graphs per step.
        learning_rate: Peak of the schedule.
        precision: Lightning's name of a precision.
        dataset_options: Options of the data set's factory.
        model_options: Options of the model's factory.
        loss_options: Options of the loss's factory.

    Raises:
        ValueError: a number is out of range.
    """

    model: str
    loss: str
    dataset: str = ""
    seed: int = 0
    steps: int
    batch_size: int
    learning_rate: float
    precision: str = "32-true"
    dataset_options: dict[str, Any] = field(default_factory=dict)
    model_options: dict[str, Any] = field(default_factory=dict)
    loss_options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the ranges that every experiment shares."""
        for name in ("steps", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1, got {getattr(self, name)}")
        if not 0 <= self.seed < SEED_LIMIT:
            raise ValueError(f"`seed` must be at least 0 and below 2**32, got {self.seed}")
        if not (math.isfinite(self.learning_rate) and self.learning_rate >= 0):
            raise ValueError(
                f"`learning_rate` must be finite and not negative, got {self.learning_rate}"
            )

    @property
    def key(self) -> str:
        """Short name, equal for runs that train alike however they are judged; also the folder."""
        trained = {f.name: getattr(self, f.name) for f in fields(self) if not _judges(f)}
        digest = digest_of(trained)
        return f"{self.model}-{self.loss}-seed{self.seed}-{digest}".replace(":", "_")

    @property
    def label(self) -> str:
        """What sets the run apart from others of a study, but for the seed."""
        return f"{self.model} + {self.loss}"

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


def digest_of(values: Any) -> str:
    """Eight hexadecimal digits, the same for equal plain values.

    >>> digest_of({"steps": 10})
    '46eaf362'
    """
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:8]


def _judges(of: Field[Any]) -> bool:
    return bool(of.metadata.get("judging"))


def _is_required(of: Field[Any]) -> bool:
    return of.default is MISSING and of.default_factory is MISSING
