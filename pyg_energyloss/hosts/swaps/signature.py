"""Call a `FlatLoss` with the arguments of the function that it stands in for."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.nn import Module

from pyg_energyloss.hosts.flat_loss import FlatLoss

#: Names of a host's arguments, after prediction and target, by what `FlatLoss` makes of them.
ROLES = {
    "batch": ("batch", "batch_idx", "batch_index", "batch_id"),
    "mask": ("mask", "node_mask", "atom_mask"),
    "weights": ("weights", "weight"),
    "reduction": ("reduction", "reduce"),
}
_ROLE_OF = {name: role for role, names in ROLES.items() for name in names}
#: What torch itself has deprecated; it must not be used.
_UNUSED = ("size_average",)


def like(original: Callable[..., Any], loss: FlatLoss, name: str, *, bound: bool) -> Any:
    """Return a function with the signature of ``original`` that calls ``loss``.

    Args:
        original: a host's function ``(pred, target, ...)``.
        loss: what is called in its place.
        name: what the original is called in messages.
        bound: whether its first argument is ``self``.

    Raises:
        ValueError: it has arguments of which nothing is known.

    >>> def host_loss(prediction, target, batch=None, reduce="mean"): ...
    >>> import torch
    >>> stand_in = like(host_loss, FlatLoss("mse"), "host_loss", bound=False)
    >>> stand_in(torch.ones(1, 3), torch.zeros(1, 3), batch=torch.tensor([0]))
    tensor(1.)
    """
    signature, roles = _read(original, name, bound=bound)

    @functools.wraps(original, updated=())
    def stand_in(*given: Any, **named: Any) -> Tensor:
        values = signature.bind(*given, **named).arguments
        passed = {
            roles[key]: value for key, value in values.items() if value is not None and key in roles
        }
        value: Tensor = loss(passed.pop("pred"), passed.pop("target"), **passed)
        return value + loss.keep * original(*given, **named) if loss.keep else value

    return stand_in


def _read(
    original: Callable[..., Any], name: str, *, bound: bool
) -> tuple[inspect.Signature, dict[str, str]]:
    known = ", ".join(f"{names[0]}=" for names in ROLES.values())
    try:
        calls = original.forward if isinstance(original, Module) else original
        signature = inspect.signature(calls)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} has no signature that can be read; name the function of the program that "
            "calls it"
        ) from error
    names = list(signature.parameters)[1 if bound else 0 :]
    variadic = [
        p.name for p in signature.parameters.values() if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    unknown = [n for n in names[2:] if n not in _ROLE_OF and n not in _UNUSED]
    if len(names) < 2 or variadic or unknown:  # noqa: PLR2004 - pred, target
        raise ValueError(
            f"{name}{signature} cannot be swapped; expected (pred, target) and some of {known}"
            + (f", and nothing is known of {', '.join(unknown)}" if unknown else "")
            + ". Name the function that it calls to score positions"
        )
    return signature, {names[0]: "pred", names[1]: "target"} | {
        n: _ROLE_OF[n] for n in names[2:] if n in _ROLE_OF
    }
