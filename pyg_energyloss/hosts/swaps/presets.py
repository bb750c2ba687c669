"""``@etflow=pair_energy``: a swap by the name of a known host, with all that belongs to it."""

from __future__ import annotations

from pyg_energyloss.hosts.settings import HostSettings

#: What a swap by the name of a host begins with.
MARK = "@"


def with_presets(settings: HostSettings) -> HostSettings:
    """Return settings in which names of hosts are replaced by their paths, options and fields.

    What the settings themselves say of an option or a field wins.

    Raises:
        UnknownNameError: no host is called so.
        ValueError: the host is switched on in another way.

    >>> found = with_presets(HostSettings({"@midi": {"loss": "pair_energy"}}))
    >>> list(found.swap)
    ['train_loss.train_pos_mse']
    """
    if not any(path.startswith(MARK) for path in settings.swap):
        return settings
    from pyg_energyloss import registry

    swap, fields = {}, dict(settings.fields)
    for path, given in settings.swap.items():
        if not path.startswith(MARK):
            swap[path] = given
            continue
        host = registry.create("host", path.removeprefix(MARK))
        if not host.path:
            raise ValueError(
                f"swap {path!r}: {host.name} is switched on by another line: {host.switch}"
            )
        swap[host.path] = {**host.options, **given}
        fields = {**host.fields, **fields}
    return HostSettings(swap, fields, settings.origin)
