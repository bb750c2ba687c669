"""One table of named things per kind, with errors that tell the remedy."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyg_energyloss.registry.settings import normalized


@dataclass(frozen=True)
class Entry:
    """One registered name; `role` tells what it is for where a kind has several ("denoiser")."""

    kind: str
    name: str
    target: Callable[..., Any] | str
    distribution: str
    summary: str = ""
    role: str = ""

    @property
    def qualified(self) -> str:
        """The name that is never ambiguous, ``dist:name``."""
        return f"{self.distribution}:{self.name}"

    def resolve(self) -> Callable[..., Any]:
        """Return the callable, importing it if it was registered as ``"module:attribute"``.

        Raises:
            ImportError: the module or the attribute is not there; names the distribution.
        """
        if not isinstance(self.target, str):
            return self.target
        module, _, attribute = self.target.partition(":")
        try:
            found: Any = importlib.import_module(module)
            for part in attribute.split("."):
                found = getattr(found, part)
        except (ImportError, AttributeError) as error:
            raise ImportError(
                f"the {self.kind} {self.name!r} of {self.distribution} cannot be loaded from "
                f"{self.target!r}: {error}"
            ) from error
        if not callable(found):
            raise ImportError(  # noqa: TRY004 - what is wrong is what the import gave
                f"the {self.kind} {self.name!r} of {self.distribution} must be callable, "
                f"{self.target!r} is a {type(found).__name__}"
            )
        return found  # type: ignore[no-any-return]


class UnknownNameError(KeyError):
    """A name that no plugin has registered."""

    def __str__(self) -> str:
        """Without KeyError's quotes: the message is a sentence."""
        return str(self.args[0])


class AmbiguousNameError(KeyError):
    """A short name that two distributions have registered."""

    def __str__(self) -> str:
        """Without KeyError's quotes: the message is a sentence."""
        return str(self.args[0])


class Table:
    """Entries by kind and name; several distributions may register the same name."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, list[Entry]]] = {}

    def add(self, entry: Entry) -> None:
        """Add an entry; the same distribution may not register one name twice."""
        if not isinstance(entry.name, str) or not entry.name or ":" in entry.name:
            raise ValueError(
                f"`name` of a {entry.kind} must be a non-empty string without ':', "
                f"got {entry.name!r} from {entry.distribution}"
            )
        if isinstance(entry.target, str):
            if not all(part.strip() for part in entry.target.partition(":")):
                raise ValueError(
                    f"`target` of {entry.kind} {entry.name!r} must be a callable or "
                    f"'module:attribute', got {entry.target!r} from {entry.distribution}"
                )
        elif not callable(entry.target):
            raise TypeError(
                f"`target` of {entry.kind} {entry.name!r} must be a callable or "
                f"'module:attribute', got {type(entry.target).__name__} from {entry.distribution}"
            )
        if not isinstance(entry.summary, str):
            raise TypeError(
                f"`summary` of {entry.kind} {entry.name!r} must be a string, "
                f"got {type(entry.summary).__name__} from {entry.distribution}"
            )
        same_name = self._entries.setdefault(entry.kind, {}).setdefault(entry.name, [])
        if any(other.distribution == entry.distribution for other in same_name):
            raise ValueError(
                f"{entry.distribution} registers the {entry.kind} {entry.name!r} twice; "
                "give one of them another name"
            )
        same_name.append(entry)

    def remove(self, kind: str, name: str, distribution: str) -> None:
        """Remove what a distribution registered under a name."""
        same_name = self._entries[kind][name]
        same_name[:] = [entry for entry in same_name if entry.distribution != distribution]
        if not same_name:
            del self._entries[kind][name]

    def entries(self, kind: str) -> list[Entry]:
        """All entries of a kind, by name, then by distribution."""
        found = [e for same in self._entries.get(kind, {}).values() for e in same]
        return sorted(found, key=lambda e: (e.name, e.distribution))

    def names(self, kind: str) -> list[str]:
        """Sorted names; a name that two distributions share appears as ``dist:name`` for each."""
        names = []
        for name, same in self._entries.get(kind, {}).items():
            if len(same) == 1:
                names.append(name)
            else:
                names.extend(entry.qualified for entry in same)
        return sorted(names)

    def clashes(self) -> list[list[Entry]]:
        """The entries of each name that several distributions registered, in order of loading."""
        kinds = self._entries.values()
        return [list(same) for names in kinds for same in names.values() if len(same) > 1]

    def lookup(self, kind: str, name: str) -> Entry:
        """The entry called ``name`` or ``dist:name``.

        Raises:
            UnknownNameError: no plugin registered it; the message lists the choices.
            AmbiguousNameError: two distributions did; the message names both.
        """
        distribution, _, short = name.rpartition(":")
        found = self._entries.get(kind, {}).get(short, [])
        if distribution:
            found = [e for e in found if normalized(e.distribution) == normalized(distribution)]
        if len(found) == 1:
            return found[0]
        if found:
            qualified = " or ".join(f"'{e.qualified}'" for e in found)
            raise AmbiguousNameError(
                f"the {kind} {short!r} is registered by {len(found)} distributions; "
                f"say which: {qualified}"
            )
        choices = self.names(kind)
        near = difflib.get_close_matches(name, choices, n=1) or difflib.get_close_matches(
            short, choices, n=1
        )
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UnknownNameError(
            f"unknown {kind} {name!r}; choices: {', '.join(choices) or 'none'}.{hint} "
            "`energyloss plugins` lists what is installed, `--errors` what failed to load."
        )
