"""The report of a study: page, plots and metrics, from its document alone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pyg_energyloss.files import write_csv
from pyg_energyloss.report.document import Document, Row, Section
from pyg_energyloss.report.kinds import curves, histograms, lattices, points, structures
from pyg_energyloss.report.numbers import cell
from pyg_energyloss.report.page import Page
from pyg_energyloss.report.plots import save
from pyg_energyloss.report.tables import Sheet, sheets
from pyg_energyloss.report.turntable import turntable_html

#: What draws a kind: data and the names that have colours in; a figure out.
DRAWN: dict[str, Callable[[Any, Sequence[str]], Any]] = {
    "curves": curves.draw,
    "dots": points.draw,
    "bars": partial(points.draw, bars=True),
    "histograms": histograms.draw,
    "lattices": lattices.draw,
    "structures": structures.draw,
}


def write_report(document: Document, folder: str | os.PathLike[str]) -> Path:
    """Write report.html, metrics.csv and a picture of each plot in plots/.

    Args:
        document: Of a study; see `Document`.
        folder: Of the study.

    Returns:
        The path of report.html.

    Raises:
        ValueError: a section is of no known kind, or a table has a row of another length.
        ImportError: matplotlib is missing.
    """
    out = Path(folder)
    _write_metrics(document, out / "metrics.csv")
    page = Page(document["title"])
    page.paragraph(document["summary"], kind="summary")
    if document["text"]:
        page.paragraph(document["text"])
    if document["failed"]:
        page.paragraph(
            "Failed runs: " + "; ".join(f"{k}: {v}" for k, v in document["failed"].items())
        )
    page.heading("Results")
    for sheet in sheets(document):
        page.table(sheet)
    page.terms({c["label"]: c["help"] for c in document["columns"] if c["help"]})
    if document["note"]:
        page.paragraph(document["note"], kind="note")
    names = coloured(document["sections"])
    for section in document["sections"]:
        _add(page, section, names, out)
    made = {
        "Settings of all runs: {}.": told(document["settings"]),
        "Made with {}.": told(document["environment"]),
        "Command: {}": document["command"],
    }
    if any(made.values()):
        page.heading("Where and how")
    for sentence, value in made.items():
        if value:
            page.paragraph(sentence.format(value), kind="note")
    return page.write(out / "report.html")


def rebuild(folder: str | os.PathLike[str]) -> Path:
    """Write the report of a study again, from its results.json; see `write_report`.

    Raises:
        FileNotFoundError: there is no results.json.
        ValueError: it is no document of a study.
    """
    return write_report(read_document(folder), folder)


def read_document(folder: str | os.PathLike[str]) -> Document:
    """The document of a study.

    Raises:
        FileNotFoundError: there is no results.json in the folder.
        ValueError: it is no document of a study.
    """
    path = Path(folder) / "results.json"
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not readable: {error}") from error
    lacking = Document.__required_keys__ - set(found if isinstance(found, dict) else ())
    if lacking:
        raise ValueError(
            f"{path} is no document of a study: it has no {', '.join(sorted(lacking))}; run the "
            "study's command again, finished runs are kept"
        )
    return found  # type: ignore[no-any-return] # checked above


def coloured(sections: Sequence[Section]) -> list[str]:
    """The names that have a colour of their own throughout a report, in order."""
    curves_: list[str] = []
    others: list[str] = []
    for section in sections:
        data = section["data"]
        if section["kind"] == "curves":
            curves_ += [s["label"] for panel in data["panels"] for s in panel["series"]]
        elif section["kind"] == "histograms":
            curves_ += [s["label"] for s in data["series"] if not s["reference"]]
        elif section["kind"] in ("dots", "bars"):
            for panel in data["panels"]:
                solid = [s["label"] for s in panel["series"] if not s["hollow"]]
                others += solid if len(solid) > 1 else panel["categories"]
    return list(dict.fromkeys(curves_ or others))


def told(entries: Mapping[str, Any]) -> str:
    """Nested settings in one line.

    >>> told({"python": "3.12", "versions": {"torch": "2.8"}, "cuda": None, "seeds": [0, 1]})
    'python 3.12, torch 2.8, seeds 0 1'
    """
    parts = []
    for key, value in entries.items():
        if isinstance(value, Mapping):
            parts.append(told(value))
        elif isinstance(value, (list, tuple)):
            parts.append(f"{key} {' '.join(map(str, value))}" if value else "")
        elif value is not None and value != "":
            parts.append(f"{key.replace('_', ' ')} {cell(value)}")
    return ", ".join(part for part in parts if part)


def _add(page: Page, section: Section, names: Sequence[str], out: Path) -> None:
    kind, data, text = section["kind"], section["data"], section["text"]
    page.heading(section["title"])
    if kind == "text":
        page.paragraph(text)
    elif kind == "table":
        if text:
            page.paragraph(text)
        rows = [[cell(value) for value in row] for row in data["rows"]]
        ragged = next((row for row in rows if len(row) != len(data["columns"])), None)
        if ragged is not None:
            raise ValueError(
                f"section {section['title']!r}: expected rows of {len(data['columns'])} cells, one "
                f"for each column, got {ragged}"
            )
        numbers = (any(not isinstance(v, str) for v in c) for c in zip(*data["rows"], strict=True))
        texts = next((i for i, number in enumerate(numbers) if number), len(data["columns"]))
        page.table(Sheet.plain(data["columns"], rows, texts=max(1, texts)))
    elif kind == "figure":
        page.picture(out / data["file"], data["alt"], text)
    elif kind not in DRAWN:
        known = ", ".join(("text", "table", "figure", *DRAWN))
        raise ValueError(
            f"section {section['title']!r} is of kind {kind!r}, expected one of {known}"
        )
    elif not (data.get("panels") or data.get("series") or data.get("systems") or data.get("sets")):
        page.paragraph("There is nothing to show.", kind="note")
    else:
        made = DRAWN[kind](data, names)
        name = re.sub(r"[^a-z0-9]+", "-", section["title"].lower()).strip("-")
        save(made, out / "plots" / f"{name}.png")
        turns = kind == "structures" and bool(data["references"])
        if turns:
            page.paragraph(text)
            page.raw(turntable_html(data))
        page.image(made, text, without_script=turns)


def _write_metrics(document: Document, path: Path) -> None:
    """One line for each run and measurement."""
    keys = [c["key"] for c in document["columns"]]
    labels = list(document["labels"])
    rows = (*document["rows"], *document["baselines"])
    write_csv(path, [*labels, "run", *keys], [line for row in rows for line in _lines(row, keys)])


def _lines(row: Row, keys: Sequence[str]) -> list[dict[str, Any]]:
    values = {key: m["values"] for key in keys if (m := row["values"].get(key)) is not None}
    return [
        {
            **row["labels"],
            "run": run,
            **{key: found[run] for key, found in values.items() if run < len(found)},
        }
        for run in range(max(map(len, values.values()), default=0))
    ]
