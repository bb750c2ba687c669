"""What `energyloss edges` found, as the document that the report renders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from pyg_energyloss.report.document import Column, Document, Moments, Row, Section
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


def _column(
    key: str,
    label: str,
    text: str,
    *,
    unit: str = "",
    better: Literal["low", "high"] | None = "high",
    digits: int = 0,
) -> Column:
    return {
        "key": key,
        "label": label,
        "unit": unit,
        "better": better,
        "digits": digits,
        "terminal": True,
        "help": text,
    }


COLUMNS = [
    _column("per_atom", "per atom", "pairs for each atom, mean", better=None, digits=2),
    _column("rigid", "rigid", "share of structures that cannot bend", unit="%"),
    _column("unique", "globally rigid", "share whose lengths allow one placement", unit="%"),
    _column(
        "certified",
        "certified here",
        "share for which a rebuild from the lengths alone proves that this placement is the only "
        "one",
        unit="%",
    ),
    _column(
        "softest", "softest mode", "smallest eigenvalue of the Hessian, k = 1, median", digits=4
    ),
    _column("of_complete", "of all pairs", "the same relative to all pairs", unit="%", digits=1),
    _column(
        "condition",
        "condition",
        "largest by smallest eigenvalue, relative to all pairs, median",
        better="low",
        digits=1,
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
