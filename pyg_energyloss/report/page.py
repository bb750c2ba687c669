"""One HTML file that holds everything it shows and opens without a network."""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyg_energyloss.files import write_text

_STYLE = """
:root { color-scheme: light; --ink: #1c2430; --soft: #5b6675; --line: #d9dee5; --mark: #0b6e4f; }
* { box-sizing: border-box; }
body { font: 16px/1.55 system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
  color: var(--ink); background: #fff; margin: 0 auto; padding: 2rem 1.25rem 5rem;
  max-width: 1120px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.3rem; margin: 2.6rem 0 .5rem; padding-top: .8rem;
  border-top: 1px solid var(--line); }
p, li { max-width: 75ch; } .note { color: var(--soft); font-size: .92rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
.scroll { overflow-x: auto; margin: 1rem 0; }
th, td { padding: .38rem .7rem; text-align: right; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid var(--ink); } td.best { color: var(--mark); font-weight: 650; }
img { max-width: 100%; height: auto; } figure { margin: 1.2rem 0; }
figcaption { color: var(--soft); font-size: .92rem; max-width: 85ch; }
code { background: #f3f5f8; padding: .1em .35em; border-radius: 4px; }
"""


class Page:
    """Collects text, tables and figures and writes them as one self-contained HTML file.

    Args:
        title: Heading and window title.
        lead: One paragraph under the heading; plain text.
    """

    def __init__(self, title: str, lead: str = "") -> None:
        self.title = title
        self._parts = [f"<h1>{html.escape(title)}</h1>"]
        self._has_plotly = False
        if lead:
            self.paragraph(lead)

    def heading(self, text: str) -> None:
        """Start a section."""
        self._parts.append(f"<h2>{html.escape(text)}</h2>")

    def paragraph(self, text: str, *, note: bool = False) -> None:
        """Add a paragraph of plain text; ``note`` sets it smaller."""
        kind = ' class="note"' if note else ""
        self._parts.append(f"<p{kind}>{html.escape(text)}</p>")

    def table(
        self,
        columns: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        best: Sequence[Sequence[bool]] | None = None,
    ) -> None:
        """Add a table; cells marked in ``best`` (same shape as ``rows``) stand out."""
        head = "".join(f"<th>{html.escape(c)}</th>" for c in columns)
        body = []
        for i, row in enumerate(rows):
            cells = []
            for j, cell in enumerate(row):
                mark = ' class="best"' if best is not None and best[i][j] else ""
                cells.append(f"<td{mark}>{html.escape(cell)}</td>")
            body.append(f"<tr>{''.join(cells)}</tr>")
        self._parts.append(
            f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(body)}</tbody></table></div>"
        )

    def image(self, figure: Any, caption: str = "") -> None:
        """Add a matplotlib figure as an embedded SVG; ``caption`` is its text alternative."""
        stream = io.BytesIO()
        figure.savefig(stream, format="svg", bbox_inches="tight")
        data = base64.b64encode(stream.getvalue()).decode()
        text = html.escape(caption, quote=True)
        self._parts.append(
            f'<figure><img alt="{text}" src="data:image/svg+xml;base64,{data}">'
            f"<figcaption>{text}</figcaption></figure>"
        )

    def plotly(self, figure: Any, caption: str = "") -> None:
        """Add an interactive plotly figure."""
        self.script_plotly()
        content = figure.to_html(
            full_html=False,
            include_plotlyjs=False,
            config={"displaylogo": False, "responsive": True},
        )
        self._parts.append(
            f"<figure>{content}<figcaption>{html.escape(caption)}</figcaption></figure>"
        )

    def script_plotly(self) -> None:
        """Carry plotly's script inline, once."""
        if not self._has_plotly:
            from plotly.offline import get_plotlyjs

            self._parts.append(f"<script>{get_plotlyjs()}</script>")
            self._has_plotly = True

    def raw(self, content: str) -> None:
        """Add HTML as it is; the caller answers for escaping."""
        self._parts.append(content)

    def to_html(self) -> str:
        """The whole document."""
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{html.escape(self.title)}</title><style>{_STYLE}</style></head><body>"
            + "\n".join(self._parts)
            + "</body></html>\n"
        )

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the page atomically and return its path."""
        return write_text(path, self.to_html())
