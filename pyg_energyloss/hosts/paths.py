"""Read and replace things by dotted path."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


def lookup(root: Any, path: str) -> Any:
    """Return what a dotted path leads to: attributes, mapping keys, and numbers of a sequence.

    Args:
        root: where to start.
        path: such as ``"batch"``, ``"0.pos"`` or ``"noise.alpha"``.

    Returns:
        The value, or `MISSING`.

    >>> lookup(({"pos": 3},), "0.pos")
    3
    >>> lookup({}, "pos")
    MISSING
    """
    # Some hosts have keys with dots in them.
    if isinstance(root, Mapping) and path in root:
        return root[path]
    found = root
    for part in path.split("."):
        found = _step(found, part)
        if found is MISSING:
            return MISSING
    return found


def _step(found: Any, part: str) -> Any:
    if isinstance(found, Mapping):
        return found.get(part, MISSING)
    if isinstance(found, Sequence) and not isinstance(found, str) and part.isdigit():
        return found[int(part)] if int(part) < len(found) else MISSING
    try:
        return getattr(found, part, MISSING)
    except Exception:  # noqa: BLE001 - a property of a foreign object may raise anything
        return MISSING


def replace(root: Any, path: str, value: Any) -> Callable[[], None]:
    """Set what a dotted path leads to, without registering a submodule that was not one before.

    Args:
        root: a module or another object.
        path: such as ``"loss_fn"``, ``"model.criterion"`` or ``"losses.pos"``.
        value: what to put there.

    Returns:
        A function that puts everything back as it was.

    Raises:
        ValueError: the path leads nowhere, or to something that cannot be set.

    >>> class Host:
    ...     loss_fn = "theirs"
    >>> host = Host()
    >>> undo = replace(host, "loss_fn", "ours")
    >>> host.loss_fn
    'ours'
    >>> undo()
    >>> host.loss_fn
    'theirs'
    """
    parents, _, name = path.rpartition(".")
    owner = lookup(root, parents) if parents else root
    if owner is MISSING or _step(owner, name) is MISSING:
        raise ValueError(
            f"{type(root).__name__} has nothing called {path!r} to replace; it has: "
            f"{', '.join(_candidates(root)) or 'no loss-like attribute'}"
        )
    if isinstance(owner, MutableMapping):
        return _set_item(owner, name, value)
    if isinstance(owner, MutableSequence):
        return _set_item(owner, int(name), value)
    # A child module sits in `_modules`, where the loss may take its place; a function or a method
    # is shadowed in the instance's own dict, since a submodule would not win over a method.
    modules = getattr(owner, "_modules", {})
    if name in modules:
        return _set_item(modules, name, value)
    if isinstance(getattr(type(owner), name, None), property) or not hasattr(owner, "__dict__"):
        raise ValueError(
            f"{path!r} of {type(root).__name__} cannot be set, it is a property or has a fixed "
            "layout; name what it is made from"
        )
    return _set_item(owner.__dict__, name, value)


def _set_item(where: Any, key: Any, value: Any) -> Callable[[], None]:
    present = not isinstance(where, MutableMapping) or key in where
    old = where[key] if present else None
    where[key] = value

    def undo() -> None:
        if present:
            where[key] = old
        else:
            del where[key]

    return undo


def _candidates(root: Any) -> list[str]:
    words = ("loss", "criterion", "objective")
    names = {*vars(root), *vars(type(root)), *getattr(root, "_modules", {})}
    return sorted(n for n in names if any(word in n.lower() for word in words))
