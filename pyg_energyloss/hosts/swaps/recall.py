"""Find the context of a call again when activation checkpointing repeats it in the backward pass.

The backward pass may run after the step has ended, or in another thread; no context is current
there, or the one of another batch. A repeated call has the target of the first one.
"""

from __future__ import annotations

import weakref
from collections import deque
from typing import Any

import torch
from torch import Tensor

from pyg_energyloss.hosts.context import HostContext

#: Calls whose backward pass may still come, for programs that accumulate gradients.
REMEMBERED = 64


class _Call:
    def __init__(self, context: HostContext, target: Tensor) -> None:
        self.context = context
        self.target = target

    def repeats(self, target: Tensor) -> bool:
        ours = self.target
        return ours is target or (ours.shape == target.shape and torch.equal(ours, target))


class Recall:
    """Contexts of the calls whose graphs are still alive.

    A call lives as long as the autograd graph of its value, and the last one until the next, so
    that batches are not kept longer than the host keeps them.

    >>> memory, context, target = Recall(), HostContext(), torch.zeros(2)
    >>> memory.keep(context, target, torch.zeros(()))
    >>> memory.find(torch.zeros(2)) is context, memory.find(torch.ones(2))
    (True, None)
    """

    def __init__(self) -> None:
        self._calls: deque[weakref.ref[_Call]] = deque(maxlen=REMEMBERED)
        self._last: _Call | None = None

    def keep(self, context: HostContext, target: Tensor, value: Tensor) -> None:
        """Remember that ``target`` was scored in ``context``, for as long as ``value`` lives."""
        call = _Call(context, target.detach())
        if value.grad_fn is not None:
            graph: Any = value.grad_fn
            graph.metadata["pyg_energyloss"] = call
        self._calls.append(weakref.ref(call))
        self._last = call

    def find(self, target: Tensor) -> HostContext | None:
        """Return the context in which this target was scored, the latest if there are several."""
        for reference in reversed(self._calls):
            call = reference()
            if call is not None and call.repeats(target):
                return call.context
        return None

    def __reduce__(self) -> tuple[type[Recall], tuple[()]]:
        return (Recall, ())  # copied and pickled losses start without a memory


def in_backward() -> bool:
    """Whether this thread runs a backward pass now.

    >>> in_backward()
    False
    """
    current = getattr(torch._C, "_current_graph_task_id", None)  # noqa: SLF001 - as torch.utils.checkpoint does
    return current is not None and current() != -1
