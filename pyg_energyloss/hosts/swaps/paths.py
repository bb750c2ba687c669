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
        raise MissingPathError(nothing_called(root, path))
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


class MissingPathError(ValueError):
    """A dotted path leads to nothing."""


def nothing_called(root: Any, path: str) -> str:
    """Return the message for a path that leads to nothing: what there is where it ends.

    >>> class Host:
    ...     loss_fn = "theirs"
    >>> nothing_called(Host(), "los_fn")
    "Host has nothing called 'los_fn' to replace; it has: loss_fn"
    >>> nothing_called({"host": Host()}, "host.los")
    "dict has nothing called 'host.los' to replace; its 'host' (Host) has: loss_fn"
    """
    owner, names, done = root, path.split("."), []
    while len(names) > 1 and (found := _step(owner, names[0])) is not MISSING:
        owner = found
        done.append(names.pop(0))
    where = f"its {'.'.join(done)!r} ({type(owner).__name__})" if done else "it"
    known = _candidates(owner, inside=len(names) > 1)
    return (
        f"{type(root).__name__} has nothing called {path!r} to replace; {where} has: "
        f"{', '.join(known) or 'no loss-like attribute'}"
    )


def _candidates(root: Any, *, inside: bool = False) -> list[str]:
    """Names that look like losses; of parts, too, where the path goes on below one of them."""
    if isinstance(root, Mapping):
        return sorted(map(str, root))
    if isinstance(root, Sequence) and not isinstance(root, str):
        return [str(number) for number in range(len(root))]
    words = ("loss", "criterion", "objective", "mse", "mae")
    modules = getattr(root, "_modules", {})
    names = {*getattr(root, "__dict__", {}), *vars(type(root)), *modules}
    alike = {n for n in names if any(word in n.lower() for word in words)}
    return sorted(alike | set(modules) if inside or not alike else alike)
