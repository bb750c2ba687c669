import io

import pytest

from pyg_energyloss.report import print_document, print_table

from . import study_documents as documents

DOCUMENTS = {n: getattr(documents, n)() for n in ("comparison", "spins", "generation")}


@pytest.fixture(params=sorted(DOCUMENTS))
def document(request):
    return DOCUMENTS[request.param]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(
    document, width, monkeypatch, capsys
):
    monkeypatch.setenv("COLUMNS", str(width))
    print_document(document)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= width
    assert "…" not in printed
    first = document["columns"][0]["key"]
    for row in document["rows"]:
        assert f"{row['values'][first]['mean']:.{document['columns'][0]['digits']}f}" in printed


def test_what_is_left_out_is_told(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    print_document(DOCUMENTS["spins"])
    printed = capsys.readouterr().out
    assert "In the report: standard deviations; " in " ".join(printed.split())
    monkeypatch.setenv("COLUMNS", "200")
    print_document(DOCUMENTS["spins"])
    assert "44.55 ± 2.29" in capsys.readouterr().out


def bonds():
    """The bond errors of the comparison, mean and s.d."""
    return [row["values"]["bond_mae"] for row in DOCUMENTS["comparison"]["rows"]]


def test_a_terminal_that_knows_ascii_only_gets_ascii(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    print_document(DOCUMENTS["comparison"], file=stream)
    stream.flush()
    printed = raw.getvalue().decode("ascii")
    assert "{mean:.3f} +- {sd:.3f}".format(**bonds()[0]) in printed
    assert "?" not in printed


def test_the_best_is_told_without_colours_too(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "120")
    print_document(DOCUMENTS["comparison"])
    best = min(bonds(), key=lambda found: found["mean"])
    assert "{mean:.3f} ± {sd:.3f}*".format(**best) in capsys.readouterr().out


def test_a_label_that_all_rows_share_is_left_out(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    print_document(DOCUMENTS["spins"])
    assert "spin_cnn" not in capsys.readouterr().out


def test_tables_show_every_cell(capsys):
    print_table(
        "title", ["model", "bonds Å"], [["gnn", "0.1"], ["egnn", "0.25"]], best=[[0, 1], [0, 0]]
    )
    shown = capsys.readouterr().out
    assert all(cell in shown for cell in ("title", "model", "bonds", "gnn", "0.1*", "egnn", "0.25"))
