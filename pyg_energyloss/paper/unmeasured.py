"""Tables whose runs need days on several GPUs: the published figures, and what would run them."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit, Trend
from pyg_energyloss.paper.sources import published
from pyg_energyloss.paper.values import published_rows

#: What would run the tables of GEOM-Drugs.
GEOM_COMMAND = (
    "energyloss generate --dataset geom_drugs --dataset-arg path=GEOM_drugs_30.npy --paper"
)


def unmeasured(
    name: str, trends: tuple[str, ...], *, notes: tuple[str, ...], command: str
) -> Exhibit:
    """Build an exhibit without a measured figure."""
    table = published()[name]
    return Exhibit(
        name=name,
        title=table["title"],
        columns=tuple(table["columns"]),
        rows=published_rows(name, {}),
        published_setting=table["setting"],
        measured_setting=None,
        trends=tuple(Trend(text, None) for text in trends),
        notes=notes,
        command=command,
    )
