import re

import pytest

from pyg_energyloss.report import Page, print_table
from pyg_energyloss.report.plots import figure

pytest.importorskip("matplotlib")


def test_text_is_escaped_and_nothing_is_loaded_from_elsewhere():
    page = Page("A < B", "lead & more")
    page.heading("<h>")
    page.paragraph("<script>alert(1)</script>")
    page.table(["a", "<b>"], [["1", "2 & 3"]], best=[[False, True]])
    made, axes = figure()
    axes[0][0].plot([0, 1], [0, 1])
    page.image(made, "a line")
    text = page.to_html()
    assert "<script>alert" not in text
    assert "A &lt; B" in text
    assert '<td class="best">2 &amp; 3</td>' in text
    assert not re.search(r'(src|href)="(?!data:)', text)


def test_plotly_is_carried_once():
    go = pytest.importorskip("plotly.graph_objects")
    page = Page("p")
    page.plotly(go.Figure(go.Scatter(y=[1, 2])))
    page.plotly(go.Figure(go.Scatter(y=[2, 1])))
    text = page.to_html()
    assert text.count("plotly.js v") == 1
    assert 'src="http' not in text


@pytest.mark.parametrize("with_rich", [True, False])
def test_tables_show_every_cell(capsys, monkeypatch, with_rich):
    if not with_rich:
        import builtins

        real = builtins.__import__

        def no_rich(name, *rest):
            if name.startswith("rich"):
                raise ImportError(name)
            return real(name, *rest)

        monkeypatch.setattr(builtins, "__import__", no_rich)
    print_table(
        "title", ["model", "bonds Å"], [["gnn", "0.1"], ["egnn", "0.25"]], best=[[0, 1], [0, 0]]
    )
    shown = capsys.readouterr().out
    assert all(cell in shown for cell in ("title", "model", "bonds Å", "gnn", "0.1", "0.25"))
