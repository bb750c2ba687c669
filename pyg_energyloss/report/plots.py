"""Figures: one style, colours that everyone can tell apart, SVG that follows the page's theme."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.files import write_bytes

#: Text and axes, secondary lines, grid, ground; in a page, variables of its style sheet.
INK, SOFT, GRID, PAPER = "#1c2430", "#5b6675", "#e3e6ea", "#fffffe"
VARIABLES = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    GRID: "var(--line)",
    PAPER: "var(--paper)",
    "#ffffff": "var(--paper)",
}
#: Okabe and Ito's colours (2008) that are seen on white and on black, in the order of appearance.
COLOURS = ("#8a8f98", "#e69f00", "#0072b2", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", INK)
#: With the colours, so that nothing is told by colour alone.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
STYLE: Any = {
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.titlesize": 10,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "pyg_energyloss",
}


def figure(**options: Any) -> tuple[Any, Any]:
    """A matplotlib figure and axes that need no display and leave global state alone."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        made = Figure(figsize=options.pop("figsize", (9, 3.4)), layout="constrained")
        FigureCanvasAgg(made)
        axes = made.subplots(squeeze=False, **options)
    return made, axes


def save(made: Any, path: Path) -> Path:
    """Write a figure atomically; the suffix of ``path`` tells the format."""
    return write_bytes(path, _rendered(made, path.suffix[1:]))


def inline_svg(made: Any, description: str) -> str:
    """The figure as SVG to stand within a page, in the colours of the page's theme."""
    from html import escape

    text = _rendered(made, "svg").decode()
    text = text[text.index("<svg") :]
    text = re.sub(r' id="[A-Za-z0-9]+_\d+"', "", text)  # twice on a page otherwise
    text = re.sub(r"<style[^>]*>.*?</style>|<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, variable)
    label = escape(description, quote=True)
    return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def colour(names: Sequence[str], name: str) -> str:
    """The colour of a name among those of a document."""
    return COLOURS[names.index(name) % len(COLOURS)]


def marker(names: Sequence[str], name: str) -> str:
    """The marker of a name among those of a document."""
    place = names.index(name)
    return MARKERS[(place + place // len(COLOURS)) % len(MARKERS)]


def log_scale(axes: Any, which: str) -> None:
    """A logarithmic axis with plain numbers at 1, 2, 5."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    getattr(axes, f"set_{which}scale")("log")
    axis = getattr(axes, f"{which}axis")
    low, high = sorted(axis.get_view_interval())
    # Many decades have no room for 2 and 5; within one, every step has.
    ratio = high / low
    subs = range(1, 10) if ratio < 6 else (1, 2, 5) if ratio < 300 else (1,)  # noqa: PLR2004
    axis.set_major_locator(LogLocator(subs=tuple(map(float, subs))))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
    axes.grid(visible=True, axis=which, color=GRID)  # a new scale forgets it


def legend_below(made: Any, axes: Iterable[Any]) -> None:
    """One legend for all panels, below them, where it covers nothing."""
    entries: dict[str, Any] = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    if not entries:
        return
    longest = max(map(len, entries))
    room = made.get_size_inches()[0]
    columns = max(1, min(len(entries), int(room / (0.5 + 0.085 * longest))))
    options: Any = {"loc": "outside lower center", "ncols": columns, "frameon": False}
    made.legend(entries.values(), entries.keys(), labelcolor=INK, **options)


def _rendered(made: Any, kind: str) -> bytes:
    from matplotlib import rc_context

    stream = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else {}
    with rc_context(STYLE):
        made.savefig(
            stream,
            format=kind,
            dpi=160,
            bbox_inches="tight",
            transparent=kind == "svg",
            metadata=metadata,
        )
    return stream.getvalue()
