"""What is known about a plugin: where it comes from, what it registered, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Phases of an error that leave the plugin usable; all other phases are failures.
HARMLESS = frozenset({"clash", "slow"})


@dataclass(frozen=True)
class PluginError:
    """Why a plugin, or a part of it, could not be used."""

    plugin: str
    distribution: str
    version: str
    phase: str
    error: str

    @property
    def harmless(self) -> bool:
        """Whether everything that the plugin offers can still be used."""
        return self.phase in HARMLESS

    def __str__(self) -> str:
        """One sentence with the plugin, its distribution and version."""
        outcome = "warns about" if self.harmless else "failed in"
        return (
            f"plugin {self.plugin!r} of {self.distribution} {self.version} {outcome} "
            f"{self.phase}: {self.error} (see `energyloss plugins --errors`)"
        )


@dataclass
class PluginInfo:
    """One plugin: where it comes from, its status ("loaded", "failed", "disabled") and names."""

    plugin: str
    distribution: str
    version: str
    status: str = "loaded"
    seconds: float = 0.0
    registered: dict[str, list[str]] = field(default_factory=dict)


class PluginLoadError(RuntimeError):
    """Raised instead of a warning when ``PYG_ENERGYLOSS_STRICT_PLUGINS=1``."""
