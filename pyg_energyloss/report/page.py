"""One HTML file that holds everything it shows and opens without a network."""

from __future__ import annotations

import base64
import html
import mimetypes
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyg_energyloss.files import write_text
from pyg_energyloss.report.plots import inline_svg
from pyg_energyloss.report.tables import Sheet

_HERE = Path(__file__).parent
#: Pixels of a style sheet per inch.
PIXELS = 96
#: Tables of more columns than this are set in a smaller size, to fit a page of 1 280 pixels.
WIDE = 10


class Page:
    """Collects text, tables and figures and writes them as one self-contained HTML file.

    It follows the light or dark theme of whoever opens it; what is wider than the window scrolls in
    a box of its own.

    Args:
        title: Heading and window title.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._parts = [f"<h1>{html.escape(title)}</h1>"]

    def heading(self, text: str, *, level: int = 2) -> None:
        """Start a section."""
        self._parts.append(f"<h{level}>{html.escape(text)}</h{level}>")

    def paragraph(self, text: str, *, kind: str = "") -> None:
        """Add a paragraph of plain text; the kinds "note" and "summary" are set otherwise."""
        mark = f' class="{kind}"' if kind else ""
        self._parts.append(f"<p{mark}>{html.escape(text)}</p>")

    def terms(self, texts: Mapping[str, str]) -> None:
        """Add what words mean."""
        entries = "".join(
            f"<dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd>" for k, v in texts.items()
        )
        self._parts.append(f'<dl class="note">{entries}</dl>')

    def table(self, sheet: Sheet) -> None:
        """Add a table with its units and baselines."""
        if sheet.title:
            self.heading(sheet.title, level=3)
        kinds = [' class="text"' if i < sheet.texts else "" for i in range(len(sheet.heads))]
        head = "".join(
            f'<th scope="col"{kind}>{html.escape(name)}<small>{html.escape(unit)}</small></th>'
            for kind, (name, unit) in zip(kinds, sheet.heads, strict=True)
        )
        body = []
        for i, (row, marks) in enumerate(zip(sheet.cells, sheet.best, strict=True)):
            best = ' class="best"'
            cells = "".join(
                f"<td{best if mark else kind}>{_cell(cell)}</td>"
                for cell, mark, kind in zip(row, marks, kinds, strict=True)
            )
            first = len(sheet.cells) - sheet.below
            name = "" if i < first else ' class="below first"' if i == first else ' class="below"'
            body.append(f"<tr{name}>{cells}</tr>")
        wide = ' class="wide"' if len(sheet.heads) > WIDE else ""
        self._parts.append(
            f'<div class="scroll"><table{wide}><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(body)}</tbody></table></div>"
        )

    def image(self, figure: Any, caption: str = "", *, without_script: bool = False) -> None:
        """Add a matplotlib figure as SVG; ``caption`` is its text alternative.

        With ``without_script`` it is shown only where no script runs.
        """
        wide = round(PIXELS * figure.get_size_inches()[0])
        made = (
            f'<figure style="--wide: {wide}px"><div class="scroll">{inline_svg(figure, caption)}'
            f"</div><figcaption>{html.escape(caption)}</figcaption></figure>"
        )
        self._parts.append(f"<noscript>{made}</noscript>" if without_script else made)

    def picture(self, file: Path, alt: str, caption: str = "") -> None:
        """Embed an image file (png, svg, gif)."""
        kind = mimetypes.guess_type(file.name)[0] or "image/png"
        content = base64.b64encode(file.read_bytes()).decode()
        self._parts.append(
            f'<figure><img alt="{html.escape(alt, quote=True)}" '
            f'src="data:{kind};base64,{content}">'
            f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        )

    def raw(self, content: str) -> None:
        """Add HTML as it is; the caller answers for escaping."""
        self._parts.append(content)

    def to_html(self) -> str:
        """The whole document."""
        style = (_HERE / "page.css").read_text(encoding="utf-8")
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{html.escape(self.title)}</title><style>{style}</style></head><body>"
            + "\n".join(self._parts)
            + "</body></html>\n"
        )

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the page atomically and return its path."""
        return write_text(path, self.to_html())


def _cell(text: str) -> str:
    """Escaped, the standard deviation set smaller."""
    mean, sign, sd = html.escape(text).partition(" ± ")
    return f"{mean}<small>{sign}{sd}</small>" if sign else mean
