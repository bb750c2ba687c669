"""Structures to turn with the mouse, the true one beside what was predicted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyg_energyloss.report.kinds.structures import (
    ENERGY,
    Structure,
    Structures,
    box_of,
    colours_of,
    shades_of,
)

_SCRIPT = Path(__file__).with_name("turntable.js")


def turntable_html(data: Structures) -> str:
    """The HTML of the viewer; it draws on a canvas and needs neither WebGL nor a network."""
    colours = colours_of(data)
    payload = {
        "references": [_drawn(structure, colours) for structure in data["references"]],
        "sets": [
            {**made, "structures": [s and _drawn(s, colours) for s in made["structures"]]}
            for made in data["sets"]
        ],
    }
    text = json.dumps(payload, separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
    stops = ", ".join(f"{colour} {share:.0%}" for share, colour in ENERGY)
    energy = any(s and s.get("energy") for found in data["sets"] for s in found["structures"])
    scale = (
        f'energy per atom 0<span class="scale" style="background: linear-gradient(90deg, {stops})">'
        "</span><output></output>"
    )
    canvas = '<figure><canvas tabindex="0" role="img" aria-label="{0}"></canvas>'
    return (
        f'<div class="viewer" hidden><script type="application/json">{text}</script>'
        "<label>structure <select></select></label> <label>prediction <select></select></label> "
        '<span role="status"></span><div class="scenes">'
        f"{canvas.format('true structure')}<figcaption>true</figcaption></figure>"
        f"{canvas.format('prediction')}<figcaption></figcaption></figure></div>"
        f'<p class="note"{"" if energy else " hidden"}>{scale}</p></div>'
        f"<script>{_SCRIPT.read_text(encoding='utf-8')}</script>"
    )


def _drawn(structure: Structure, colours: Mapping[str, str]) -> dict[str, Any]:
    """A structure with the edges of its cell, if it has one, and the colours of its atoms."""
    from matplotlib.colors import to_hex

    shades = [to_hex(shade) for shade in shades_of(structure, colours)]
    return {**structure, "box": box_of(structure).round(3).tolist(), "colours": shades}
