"""Attributes that a host makes only while it runs, such as a loss built in the first forward."""

from __future__ import annotations

import dis
import functools
from collections.abc import Callable
from typing import Any


def makers(owner: Any, attribute: str) -> list[str]:
    """Return the methods of an object's class, other than its constructor, that set an attribute.

    >>> class Host:
    ...     def configure(self):
    ...         self.losses = {}
    >>> makers(Host(), "losses"), makers(Host(), "loses")
    (['configure'], [])
    """
    found = []
    for kind in type(owner).__mro__:
        for name, member in vars(kind).items():
            code = getattr(member, "__code__", None)
            if code is None or name == "__init__" or name in found:
                continue
            if any(
                i.opname == "STORE_ATTR" and i.argval == attribute
                for i in dis.get_instructions(code)
            ):
                found.append(name)
    return found


def after(owner: Any, method: str, then: Callable[[], None]) -> Callable[[], None]:
    """Call ``then`` whenever a method of this one object has run.

    Returns:
        A function that ends it.

    >>> class Host:
    ...     def configure(self):
    ...         return 3
    >>> host, seen = Host(), []
    >>> end = after(host, "configure", lambda: seen.append("ran"))
    >>> host.configure(), seen
    (3, ['ran'])
    >>> end()
    """
    original = getattr(owner, method)

    @functools.wraps(original)
    def wrapper(*given: Any, **named: Any) -> Any:
        result = original(*given, **named)
        then()
        return result

    present, before = method in vars(owner), vars(owner).get(method)
    owner.__dict__[method] = wrapper

    def end() -> None:
        if present:
            owner.__dict__[method] = before
        elif owner.__dict__.get(method) is wrapper:
            del owner.__dict__[method]

    return end
