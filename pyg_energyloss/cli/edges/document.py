"""What `energyloss edges` found, as the document that the report renders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pyg_energyloss.experiments.summary import column, share
from pyg_energyloss.report.document import Document, Moments, Row, Section
from pyg_energyloss.rigidity import Certificate


def edges_document(
    source: str,
    found: Mapping[str, Sequence[Certificate]],
    *,
    settings: Mapping[str, Any],
    spectra: Mapping[str, Sequence[float | None]],
    largest: str = "",
) -> Document:
    """The document of a survey.

    Args:
        source: Data set or file.
        found: Certificates of each sampler, a structure each.
        settings: What the user chose.
        spectra: Eigenvalues by sampler, of one structure; may be empty.
        largest: That structure.
    """
    count = len(next(iter(found.values())))
    rows: list[Row] = [
        {"labels": {"sampler": name}, "values": _values(reports), "failed": []}
        for name, reports in found.items()
    ]
    softest = {row["labels"]["sampler"]: row["values"]["softest"] for row in rows}
    stiff = {name: m["mean"] for name, m in softest.items() if m and m["mean"] is not None}
    best = max(stiff, key=lambda name: stiff[name])
    return {
        "experiment": "edges",
        "title": f"Edges of {source}: {count} structure(s)",
        "text": "One draw of each sampler for each structure.",
        "summary": f"Stiffest: {best}, whose softest mode has {stiff[best]:.2g} in the median.",
        "command": "",
        "settings": dict(settings),
        "labels": {"sampler": "sampler"},
        "group": None,
        "columns": COLUMNS,
        "rows": rows,
        "baselines": [],
        "note": "",
        "sections": _spectrum(spectra, largest) if spectra else [],
        "failed": {},
        "environment": {},
        "runs": [],
    }


COLUMNS = [
    column(
        "per_atom",
        "per atom",
        better=None,
        digits=2,
        terminal=True,
        text="pairs for each atom, mean",
    ),
    share("rigid", "rigid", "share of structures that cannot bend", digits=0, terminal=True),
    share(
        "unique",
        "globally rigid",
        "share whose lengths allow one placement",
        digits=0,
        terminal=True,
    ),
    share(
        "certified",
        "certified here",
        "share for which a rebuild from the lengths alone proves that this placement is the only "
        "one",
        digits=0,
        terminal=True,
    ),
    column(
        "softest",
        "softest mode",
        better="high",
        digits=4,
        terminal=True,
        text="smallest eigenvalue of the Hessian, k = 1, median",
    ),
    share("of_complete", "of all pairs", "the same relative to all pairs", terminal=True),
    column(
        "condition",
        "condition",
        digits=1,
        terminal=True,
        text="largest by smallest eigenvalue, relative to all pairs, median",
    ),
]


def _values(reports: Sequence[Certificate]) -> dict[str, Moments | None]:
    softest = [r.spectrum.smallest if r.spectrum.soft_modes == 0 else 0.0 for r in reports]
    whole = [r.complete.smallest for r in reports]
    ratios = [100 * s / w for s, w in zip(softest, whole, strict=True) if w > 0]
    return {
        "per_atom": _moments([r.num_pairs / max(r.num_nodes, 1) for r in reports], np.mean),
        "rigid": _moments([100.0 * r.rigid for r in reports], np.mean),
        "unique": _moments([100.0 * r.globally_rigid for r in reports], np.mean),
        "certified": _moments([100.0 * r.universally_rigid for r in reports], np.mean),
        "softest": _moments(softest, np.median),
        "of_complete": _moments(ratios, np.median),
        "condition": _moments([r.relative_condition for r in reports], np.median),
    }


def _moments(values: Sequence[float], middle: Any) -> Moments | None:
    if not values:
        return None
    found = float(middle(values))
    return {
        "mean": found if np.isfinite(found) else None,
        "sd": None,
        "n": len(values),
        "values": [float(v) if np.isfinite(v) else None for v in values],
    }


def _spectrum(spectra: Mapping[str, Sequence[float | None]], name: str) -> list[Section]:
    series = [
        {
            "label": label,
            "x": list(range(1, len(values) + 1)),
            "values": [[v] if v is not None else [] for v in values],
        }
        for label, values in spectra.items()
    ]
    panel = {
        "title": name,
        "x": {"label": "mode, softest first", "log": False},
        "y": {"label": "eigenvalue of the Hessian, k = 1", "log": True},
        "series": series,
    }
    return [
        {
            "kind": "curves",
            "title": "Spectrum",
            "text": "Of the largest structure; modes that cost nothing are not drawn.",
            "data": {"panels": [panel], "rows": 1, "markers": False},
        }
    ]
