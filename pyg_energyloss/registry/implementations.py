"""Call a plugin's hook implementations, and find those that would never be called."""

from __future__ import annotations

import difflib
from typing import Any

from pyg_energyloss.registry.hookspecs import HOOKS, PROJECT
from pyg_energyloss.registry.table import Entry


def call_hook(implementation: Any, kind: str, distribution: str) -> list[Entry]:
    """Call one hook implementation and return what it registers.

    Args:
        implementation: a `pluggy.HookImpl`; its function may leave the argument out.
        kind: what the hook registers.
        distribution: who registers it.

    Returns:
        The entries, in the order of the calls; they are in no table yet.
    """
    staged: list[Entry] = []

    def register(name: str, target: Any, *, summary: str = "", role: str = "") -> None:
        staged.append(Entry(kind, name, target, distribution, summary, role))

    implementation.function(*[register for _ in implementation.argnames])
    return staged


def hook_mistakes(plugin: Any) -> list[str]:
    """Return a sentence for each thing in a plugin that looks like a hook and is none.

    >>> class Plugin:
    ...     def energyloss_register_loss(self, register): ...
    >>> hook_mistakes(Plugin())
    ["no such hook: 'energyloss_register_loss'; did you mean 'energyloss_register_losses'?"]
    """
    mistakes = []
    hooks = sorted(HOOKS.values())
    for name in dir(plugin):
        marked = getattr(getattr(plugin, name, None), f"{PROJECT}_impl", None) is not None
        if name in hooks:
            if not marked:
                mistakes.append(
                    f"{name!r} is not marked as a hook; decorate it with "
                    "pyg_energyloss.registry.hookimpl"
                )
        elif marked or name.startswith("energyloss_"):
            near = difflib.get_close_matches(name, hooks, n=1, cutoff=0.0)[0]
            mistakes.append(f"no such hook: {name!r}; did you mean {near!r}?")
    return mistakes
