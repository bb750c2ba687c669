"""What a patched program predicts is known, so a loss that takes it for something else is wrong."""

from __future__ import annotations

from pyg_energyloss.hosts.flat_loss import FlatLoss


def only(loss: FlatLoss, host: str, predicts: str, parametrization: str) -> None:
    """Raise unless a loss reads predictions as the host means them.

    Args:
        loss: what is to stand in.
        host: the program's name, for the message.
        predicts: what its network gives, in words.
        parametrization: the same as an option.

    Raises:
        ValueError: another ``parametrization``, or true positions that are not those of the call.

    >>> only(FlatLoss(), "JODO", "positions", "x0")
    """
    for option, expected in {"parametrization": parametrization, "target": "call"}.items():
        if (found := getattr(loss, option)) != expected:
            raise ValueError(
                f"`{option}` must be {expected!r} for {host}, which predicts {predicts} and passes "
                f"the true ones, got {found!r}; leave {option}= out of --loss"
            )
