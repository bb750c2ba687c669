"""Which graph does each row belong to: what a host's loss call leaves out.

Most frameworks call ``loss(pred, target)`` on flat [num_nodes, 3] tensors. An adapter enters a
context around the step, from which the loss takes the graph of each node, and what is needed to
turn predicted noise or velocity into positions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data

from pyg_energyloss.hosts.swaps.paths import MISSING, lookup

#: What a loss may ask for; `fields` of a context says where the host keeps it.
FIELDS = (
    "alpha",
    "batch",
    "cell",
    "edge_attr",
    "edge_index",
    "energy_edge_index",
    "energy_edge_shift",
    "energy_edge_weight",
    "mask",
    "noise_ratio",
    "num_graphs",
    "pbc",
    "pos",
    "pos_mask",
    "pos_weight",
    "ptr",
    "sigma",
    "x_t",
    "z",
)

#: Before a path: the opposite, for hosts whose mask says what is padding.
NOT = "not:"

#: Fields that may be a number in the settings, the same for all graphs.
CONSTANTS = ("alpha", "sigma")


class MissingContextError(ValueError):
    """A loss was called without the information which node belongs to which graph."""


class HostContext:
    """What is known about the batch that a host is working on.

    Args:
        source: the host's batch: a PyG `Batch`, a dict, a tuple, any object.
        fields: field -> path in ``source``, such as ``{"batch": "_idx_m"}`` or
            ``{"batch": "0.batch"}``, or in ``owner``, ``{"alpha": "self.noise.alpha"}``, or a
            number, ``{"alpha": 1.0}``; a field that is not named has the path of its own name in
            ``source``.
        values: field -> value, for what is in no batch; these win. May be filled later on.
        owner: what ``self`` is in the paths: the host's module.

    Raises:
        ValueError: an unknown field.
    """

    def __init__(
        self,
        source: Any = None,
        *,
        fields: Mapping[str, str | float] | None = None,
        values: dict[str, Any] | None = None,
        owner: Any = None,
    ) -> None:
        self.source = source
        self.owner = owner
        self.fields = check_paths(fields or {})
        self.values = {} if values is None else values
        check_fields(self.values)

    def get(self, field: str) -> Any:
        """Return a field's value now, or None; hosts fill their batch while a step runs."""
        if field in self.values:
            return self.values[field]
        path = self.fields.get(field, field)
        if not isinstance(path, str):
            return path
        path, opposite = path.removeprefix(NOT), path.startswith(NOT)
        if path.startswith("self."):
            found = lookup(self.owner, path.removeprefix("self."))
        else:
            found = lookup(self.source, path)
        if opposite and isinstance(found, Tensor):
            found = ~found.bool()
        return None if found is MISSING else found

    def require(self, field: str, purpose: str) -> Any:
        """Return a field's value.

        Raises:
            MissingContextError: there is none; ``purpose`` says what it is needed for.
        """
        found = self.get(field)
        if found is None:
            path = self.fields.get(field, field)
            raise MissingContextError(
                f"`{field}` is needed {purpose}, but the host's batch "
                f"({type(self.source).__name__}) has no {path!r}; say where it is with "
                f"fields={{'{field}': ...}}: a path in the batch, 'self.path' in the module, or "
                "'in:submodule:argument'"
            )
        return found


def check_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``fields`` as a dict; raise unless each name is one of `FIELDS`.

    Raises:
        ValueError: an unknown field.

    >>> check_fields({"batch": "_idx_m"})
    {'batch': '_idx_m'}
    """
    unknown = ", ".join(sorted(str(name) for name in fields if name not in FIELDS))
    if unknown:
        raise ValueError(f"`fields` has {unknown}; expected some of {', '.join(FIELDS)}")
    return dict(fields)


def check_paths(fields: Mapping[str, Any]) -> dict[str, str | float]:
    """Return ``fields`` as a dict; raise unless each is a path, or a number where that is possible.

    Raises:
        ValueError: an unknown field, or neither a path nor a possible number.

    >>> check_paths({"batch": "_idx_m", "alpha": 1.0})
    {'batch': '_idx_m', 'alpha': 1.0}
    """
    for name, path in check_fields(fields).items():
        number = isinstance(path, (int, float)) and not isinstance(path, bool)
        if (isinstance(path, str) and path) or (number and name in CONSTANTS):
            continue
        raise ValueError(
            f"`fields` must have a path for {name!r}, such as 'mol.batch', 'self.noise.alpha' or "
            f"'in:net:0', got {path!r}; only {' and '.join(CONSTANTS)} may be numbers"
        )
    return dict(fields)


_current: ContextVar[HostContext | None] = ContextVar("pyg_energyloss_host_context", default=None)


def set_context(context: HostContext | None) -> None:
    """Make ``context`` the current one of this thread; None ends it."""
    _current.set(context)


def current_context(*, optional: bool = False) -> HostContext:
    """Return the context that an adapter entered.

    Args:
        optional: an empty one will do, since the call itself says what is needed.

    Raises:
        MissingContextError: there is none. A batch is never treated as one graph.
    """
    context = _current.get()
    if context is None and optional:
        return HostContext()
    if context is None:
        raise MissingContextError(
            "an energy loss was called as loss(pred, target) outside of a batch context, so that "
            "nothing says which node belongs to which graph. Enable the adapter of your framework "
            "(`energyloss hosts` lists them), wrap the step in "
            "`with pyg_energyloss.hosts.batch_context(batch):`, or call loss(pos_pred, batch)"
        )
    return context


@contextmanager
def batch_context(
    source: Any = None, *, fields: Mapping[str, str | float] | None = None, **values: Any
) -> Iterator[HostContext]:
    """Say for the duration of a block which batch is being worked on.

    Args:
        source: the host's batch: a PyG `Batch`, a dict, a tuple, any object.
        fields: field -> path in ``source``.
        values: fields by value: ``batch``, ``pos``, ``x_t``, ``alpha``, ``sigma``, ...

    Yields:
        The context.

    >>> import torch
    >>> with batch_context(batch=torch.tensor([0, 0, 1])) as context:
    ...     graph_of_nodes(context, 3)[1]
    2
    """
    context = HostContext(source, fields=fields, values=values)
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def _is_one_graph(source: Any) -> bool:
    """Whether ``source`` is a PyG graph that was not batched; PyG calls that one graph too."""
    return isinstance(source, Data) and not isinstance(source, Batch)


def graph_of_nodes(context: HostContext, num_rows: int) -> tuple[Tensor, int]:
    """Return the graph of each node [num_nodes] and the number of graphs.

    Raises:
        MissingContextError: the context does not say.
        ValueError: it speaks of another number of nodes than the loss got rows.
    """
    if context.get("batch") is None and _is_one_graph(context.source):
        device = context.source.pos.device if context.source.pos is not None else None
        return torch.zeros(num_rows, dtype=torch.long, device=device), 1
    if context.get("batch") is None and callable(getattr(context.source, "batch_num_nodes", None)):
        counts = context.source.batch_num_nodes()  # a graph of DGL
        return torch.arange(len(counts), device=counts.device).repeat_interleave(counts), len(
            counts
        )
    batch = context.require("batch", "to tell the graphs of a batch apart")
    if not isinstance(batch, Tensor) or batch.dim() != 1:
        shape = tuple(batch.shape) if isinstance(batch, Tensor) else type(batch).__name__
        raise ValueError(f"`batch` must be a vector [num_nodes] of graph numbers, got {shape}")
    if len(batch) != num_rows:
        raise ValueError(
            f"`batch` of the current context has {len(batch)} nodes, but the loss got {num_rows} "
            "rows; if the host masks rows, its adapter must mask the batch vector alike"
        )
    count = context.get("num_graphs")
    if count is None:
        count = int(batch.max()) + 1 if len(batch) else 0
    return batch, int(count)
