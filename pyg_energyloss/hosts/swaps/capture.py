"""Take what a submodule was called with, for hosts that keep x_t and t to themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils.hooks import RemovableHandle

from pyg_energyloss.hosts.context import NOT, check_fields
from pyg_energyloss.hosts.swaps.paths import MISSING, lookup

Record = Callable[[str, Any], None]


def is_capture(path: str | float) -> bool:
    """Whether a field's path names a submodule's input or output.

    >>> is_capture("in:net:0"), is_capture("batch.pos")
    (True, False)
    """
    return isinstance(path, str) and path.removeprefix(NOT).startswith(("in:", "out:"))


def capture_fields(
    root: torch.nn.Module, fields: Mapping[str, str], record: Record
) -> list[RemovableHandle]:
    """Record inputs and outputs of submodules whenever they run.

    Args:
        root: the host's module.
        fields: field -> ``"in:SUBMODULE:ARGUMENT"``, an argument's position or keyword, or
            ``"out:SUBMODULE"``, ``"out:SUBMODULE:PATH"`` for a part of what it returns; ``"not:"``
            before it for the opposite of a mask.
        record: called with (field, value).

    Returns:
        Handles; ``handle.remove()`` ends it.

    Raises:
        ValueError: a path is not of this form, or there is no such submodule.
    """
    handles = []
    for field, given in check_fields(fields).items():
        path, opposite = given.removeprefix(NOT), given.startswith(NOT)
        found = _opposite(record) if opposite else record
        direction, _, rest = path.partition(":")
        name, _, part = rest.partition(":")
        if direction not in ("in", "out") or not name or (direction == "in" and not part):
            raise ValueError(
                f"`fields` must have 'in:SUBMODULE:ARGUMENT' or 'out:SUBMODULE[:PATH]' for "
                f"{field!r}, got {path!r}"
            )
        try:
            module = root.get_submodule(name)
        except AttributeError as error:
            known = ", ".join(n for n, _ in root.named_children())
            raise ValueError(
                f"`fields` names the submodule {name!r} for {field!r}, which "
                f"{type(root).__name__} has not; it has: {known}"
            ) from error
        if direction == "in":
            hook = _input_hook(field, part, found)
            handles.append(module.register_forward_pre_hook(hook, with_kwargs=True))
        else:
            handles.append(module.register_forward_hook(_output_hook(field, part, found)))
    return handles


def _opposite(record: Record) -> Record:
    def inverted(field: str, value: Any) -> None:
        record(field, ~value.bool())

    return inverted


def _input_hook(field: str, argument: str, record: Record) -> Callable[..., None]:
    def hook(_module: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        root, _, path = argument.partition(".")
        found = lookup(args, root) if root.isdigit() else kwargs.get(root, MISSING)
        if path and found is not MISSING:
            found = lookup(found, path)
        if found is not MISSING:
            record(field, found)

    return hook


def _output_hook(field: str, path: str, record: Record) -> Callable[..., None]:
    def hook(_module: torch.nn.Module, _args: tuple[Any, ...], output: Any) -> None:
        found = lookup(output, path) if path else output
        if found is not MISSING:
            record(field, found)

    return hook
