"""Swap a function by import path: ``etflow.models.model:batchwise_l2_loss``.

For programs that score positions in a function, which no module holds as an attribute. Names in a
module's own namespace are rebound, when the module is imported or at once if it was; the library
that a name came from, such as ``torch.nn.functional``, is left as it is.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import inspect
import logging
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from torch import Tensor

from pyg_energyloss.hosts.context import current_context
from pyg_energyloss.hosts.flat_loss import FlatLoss
from pyg_energyloss.hosts.rows import fits
from pyg_energyloss.hosts.swaps.paths import MISSING, lookup, nothing_called
from pyg_energyloss.hosts.swaps.script import MAIN
from pyg_energyloss.hosts.swaps.signature import like

log = logging.getLogger("pyg_energyloss")


def is_import_path(path: str) -> bool:
    """Whether a swap names a function of a module, and no attribute of the host's module.

    >>> is_import_path("etflow.models.model:batchwise_l2_loss"), is_import_path("loss_fn")
    (True, False)
    """
    return ":" in path


class ImportSwap:
    """One function that is replaced for as long as it is installed.

    Args:
        path: ``"package.module:function"``, ``"package.module:Class.method"``, or
            ``"package.module:F.mse_loss"`` for a library's function as that module calls it; of
            the latter only calls with positions, [num_nodes, 3] or padded, are taken over.
        loss: what takes its place.
        origin: who switched it on, for the log.

    Raises:
        ValueError: the path is not of this form.
    """

    def __init__(self, path: str, loss: FlatLoss, origin: str = "arguments") -> None:
        self.module, _, self.attribute = path.partition(":")
        names = [*self.module.split("."), *self.attribute.split(".")]
        if not all(name.isidentifier() for name in names):
            raise ValueError(
                f"swap {path!r} must be 'package.module:function' or 'package.module:Class.method'"
            )
        self.path, self.loss, self.origin = path, loss, origin
        self._finder: _AfterImport | None = None
        self._undo: Callable[[], None] | None = None
        self._stand_in: Any = None

    def install(self) -> None:
        """Replace the function now, or when its module is imported.

        What a script itself makes is replaced when the launcher's `run_script` sees it made.

        Raises:
            ValueError: there is no such module or function, or it is no loss of positions.
        """
        if self.module == MAIN:
            return
        module = sys.modules.get(self.module)
        if module is not None:
            self.apply(module)
            return
        try:
            found = importlib.util.find_spec(self.module)
        except (ImportError, ValueError):
            found = None
        if found is None:
            parent = self.module.split(".")[0]
            loaded = sorted(n for n in sys.modules if n.split(".")[0] == parent)
            raise ValueError(
                f"swap {self.path!r}: there is no module {self.module!r}; "
                + (
                    f"of {parent!r} are imported: {', '.join(loaded)}"
                    if loaded
                    else f"nor a package {parent!r} on the path of this program"
                )
            )
        self._finder = _AfterImport(self.module, self.apply)
        sys.meta_path.insert(0, self._finder)

    def undo(self) -> None:
        """Put everything back."""
        if self._finder is not None and self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        if self._undo is not None:
            self._undo()
        self._finder = self._undo = None

    def apply(self, module: ModuleType) -> None:
        """Replace the function in a module that has made it.

        Raises:
            ValueError: it has no such function, or it is no loss of positions.
        """
        parents, _, name = self.attribute.rpartition(".")
        owner = lookup(module, parents) if parents else module
        original = MISSING if owner is MISSING else lookup(owner, name)
        if original is MISSING:
            raise ValueError(f"swap {self.path!r}: {self._missing(module)}")
        if original is self._stand_in:
            return
        if inspect.isclass(original):
            raise ValueError(
                f"swap {self.path!r} names a class; name its method, such as "
                f"'{self.path}.forward', or the function that makes it"
            )
        if not callable(original):
            raise ValueError(  # noqa: TRY004 - the setting is wrong
                f"swap {self.path!r} names {original!r}, which is no function; name what the "
                "program calls as loss(pred, target)"
            )
        static = inspect.isclass(owner) and isinstance(
            inspect.getattr_static(owner, name), staticmethod
        )
        bound = inspect.isclass(owner) and not static
        self._stand_in = stand_in = like(original, self.loss, self.path, bound=bound)
        # What a metric or a reduction was asked of the original is asked of it still.
        self.loss.stand_in_for(original)
        if isinstance(owner, ModuleType) and owner is not module:
            self._undo = _shadow(module, parents, owner, name, _positions_only(original, stand_in))
        else:
            self._undo = _rebind(owner, name, staticmethod(stand_in) if static else stand_in)
        # A warning, so that it is seen by default, as for attributes.
        log.warning(
            "%s: %s -> %s (switched on by %s)",
            self.path, getattr(original, "__qualname__", original), self.loss, self.origin,
        )  # fmt: skip

    def _missing(self, module: ModuleType) -> str:
        return nothing_called(module, self.attribute).replace("module has", f"{self.module} has", 1)


class _AfterImport(importlib.abc.MetaPathFinder):
    """Calls a function with one module right after its code has run."""

    def __init__(self, name: str, then: Callable[[ModuleType], None]) -> None:
        self.name, self.then = name, then

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the module as if this finder were not here, and make its loader call us."""
        if fullname != self.name:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = None if finder is self or find is None else find(fullname, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _Loader(spec.loader, self.then)
                return spec  # type: ignore[no-any-return] # foreign finders are untyped
        return None


class _Loader(importlib.abc.Loader):
    """A module's own loader, and a call when it has run."""

    def __init__(self, loader: Any, then: Callable[[ModuleType], None]) -> None:
        self.loader, self.then = loader, then

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """Make the module as its own loader does."""
        made: ModuleType | None = self.loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code, then tell."""
        self.loader.exec_module(module)
        self.then(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)


class _View(ModuleType):
    """A library as one module sees it: everything its own, but for one function."""

    def __init__(self, library: ModuleType, name: str, value: Any) -> None:
        super().__init__(library.__name__, library.__doc__)
        self.__dict__[name] = value
        self.__dict__["__wrapped__"] = library

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["__wrapped__"], name)


def _positions_only(original: Callable[..., Any], stand_in: Callable[..., Any]) -> Any:
    def chosen(*given: Any, **named: Any) -> Any:
        first = given[0] if given else next(iter(named.values()), None)
        if isinstance(first, Tensor) and fits(first, current_context(optional=True)):
            return stand_in(*given, **named)
        return original(*given, **named)

    return chosen


def _shadow(module: ModuleType, alias: str, library: ModuleType, name: str, value: Any) -> Any:
    if "." in alias:
        raise ValueError(
            f"{module.__name__}:{alias}.{name} leads through {library.__name__}, which other "
            "programs share; only a name of the module itself, such as 'F.mse_loss', is swapped"
        )
    return _rebind(module, alias, _View(library, name, value))


def _rebind(owner: Any, name: str, value: Any) -> Callable[[], None]:
    own = name in vars(owner)
    before = inspect.getattr_static(owner, name)
    setattr(owner, name, value)

    def undo() -> None:
        if own:
            setattr(owner, name, before)
        else:
            delattr(owner, name)

    return undo
