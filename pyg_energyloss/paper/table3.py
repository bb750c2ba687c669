"""Table 3: JODO."""

from __future__ import annotations

from pyg_energyloss.paper.exhibit import Exhibit
from pyg_energyloss.paper.unmeasured import unmeasured

NOTE = (
    "JODO is a program of its own; `energyloss run --host jodo` puts the loss into it "
    "and was checked against a stand-in, not trained. The MMDs of our own generators are "
    "in generate_study.json; they are not comparable with these."
)


def build() -> Exhibit:
    """Return the table; nothing of it was measured here."""
    return unmeasured(
        "table3",
        ("energy improves stability, validity and the MMD of bonds",),
        notes=(NOTE,),
        command="energyloss run --host jodo -- main.py --config configs/vpsde_qm9_uncond_jodo.py",
    )
