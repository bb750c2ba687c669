import re

import pytest

from pyg_energyloss.report import Page
from pyg_energyloss.report.plots import figure
from pyg_energyloss.report.tables import Sheet


def test_text_is_escaped_and_nothing_is_loaded_from_elsewhere():
    page = Page("A < B")
    page.paragraph("lead & more")
    page.heading("<h>")
    page.paragraph("<script>alert(1)</script>")
    page.terms({"<t>": "a & b"})
    page.table(Sheet.plain(["a", "<b>"], [["1", "2 & 3"]], best=[[False, True]]))
    made, axes = figure()
    axes[0][0].plot([0, 1], [0, 1])
    page.image(made, 'a "line"')
    text = page.to_html()
    assert "<script>alert" not in text
    assert "A &lt; B" in text
    assert '<td class="best">2 &amp; 3</td>' in text
    assert 'aria-label="a &quot;line&quot;"' in text
    assert not re.search(r'(src|href)="(?!data:|#)', text)
    assert not re.search(r"url\((?!#)|@import", text)


def test_an_embedded_figure_takes_the_colours_of_the_page():
    page = Page("p")
    made, axes = figure()
    axes[0][0].set_title("title of the plot")
    page.image(made, "empty")
    svg = page.to_html().split("<svg")[1]
    assert "title of the plot" in svg  # text stays text
    assert "var(--ink)" in svg
    assert "#1c2430" not in svg


def test_the_same_figure_gives_the_same_bytes():
    def text():
        page = Page("p")
        made, axes = figure(ncols=2)
        axes[0][1].plot([0, 1], [1, 0])
        page.image(made, "a line")
        return page.to_html()

    assert text() == text()


def test_a_picture_is_embedded(tmp_path):
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    page = Page("p")
    page.picture(tmp_path / "a.gif", "a <film>", "moves")
    assert '<img alt="a &lt;film&gt;" src="data:image/gif;base64,R0lGODlh">' in page.to_html()


def test_a_page_is_written_whole(tmp_path):
    path = Page("p").write(tmp_path / "report.html")
    assert path.read_text(encoding="utf-8").endswith("</body></html>\n")
    with pytest.raises(IsADirectoryError):
        Page("p").write(tmp_path)
