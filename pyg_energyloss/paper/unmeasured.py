"""Tables whose runs need days on several GPUs: the published figures, and what would run them."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.sources import published
from pyg_energyloss.paper.values import published_rows
from pyg_energyloss.paper.verdict import NOT_MEASURED


def unmeasured(name: str, *, notes: tuple[str, ...] = ()) -> Exhibit:
    """Build an exhibit without a measured figure; all that is known of it is in published.json.

    >>> unmeasured("table1").verdict
    'not measured'

    Args:
        name: Of the table.
        notes: More that a reader has to know.
    """
    table = published()[name]
    return Exhibit(
        name=name,
        title=table["title"],
        columns=tuple(table["columns"]),
        rows=published_rows(name, {}),
        published_setting=table["setting"],
        measured_setting=None,
        trends=tuple(Trend(text, NOT_MEASURED) for text in table["trends"]),
        notes=(*table["notes"], *notes),
        command=table["command"],
    )
