"""Run a script as python does, and look at each name that it gives to something."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from pathlib import Path
from types import ModuleType
from typing import Any

#: The module that a script is, in a swap: ``__main__:criterion``.
MAIN = "__main__"


class _Names(MutableMapping[str, Any]):
    """A module's own names, and a call when one of some is given to something."""

    def __init__(
        self, module: ModuleType, then: Mapping[str, Callable[[ModuleType], None]]
    ) -> None:
        self.module, self.then = module, then

    def __setitem__(self, name: str, value: Any) -> None:
        vars(self.module)[name] = value
        if name in self.then:
            self.then[name](self.module)

    def __getitem__(self, name: str) -> Any:
        return vars(self.module)[name]

    def __delitem__(self, name: str) -> None:
        del vars(self.module)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(vars(self.module))

    def __len__(self) -> int:
        return len(vars(self.module))


def run_script(path: Path, then: Mapping[str, Callable[[ModuleType], None]]) -> None:
    """Run a script as ``__main__``; functions are called with it when it has made a name.

    Args:
        path: the script.
        then: name in the script -> what is called whenever the script has given it to something.

    Raises:
        ValueError: the script gives no such name to anything; nothing was run.
    """
    code = compile(path.read_bytes(), str(path), "exec")
    made = {
        step.argval
        for step in dis.get_instructions(code)
        if step.opname in {"STORE_NAME", "STORE_GLOBAL"}
    }
    for name in then:
        if name not in made:
            alike = sorted(n for n in made if any(w in n.lower() for w in ("loss", "crit", "obj")))
            raise ValueError(
                f"swap '{MAIN}:{name}': {path.name} makes nothing called {name!r}; it makes: "
                f"{', '.join(alike or sorted(made))}"
            )
    module = ModuleType(MAIN)
    module.__file__ = str(path)
    vars(module)["__builtins__"] = __builtins__
    before = sys.modules.get(MAIN)
    # Kept afterwards, as python does: what a script has made may run at exit.
    sys.modules[MAIN] = module
    try:
        exec(code, vars(module), _Names(module, then))  # noqa: S102 - the user's own script
    except BaseException:
        if before is not None:
            sys.modules[MAIN] = before
        raise
