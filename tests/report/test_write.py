import csv
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from pyg_energyloss.report import rebuild, write_report
from pyg_energyloss.report.write import coloured

from . import study_documents as documents

DOCUMENTS = {n: getattr(documents, n)() for n in ("comparison", "spins", "generation")}


@pytest.fixture(scope="module", params=sorted(DOCUMENTS))
def report(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    document = DOCUMENTS[request.param]
    return document, folder, write_report(document, folder).read_text(encoding="utf-8")


def test_the_page_has_the_summary_on_top_and_every_section(report):
    document, _, text = report
    first = re.search(r"<p[^>]*>([^<]*)</p>", text).group(1)
    assert first == document["summary"]
    heads = re.findall(r"<h2>([^<]*)</h2>", text)
    assert heads == ["Results", *(s["title"] for s in document["sections"]), "Where and how"]


def test_every_plot_is_a_picture_too(report):
    document, folder, _ = report
    drawn = [s for s in document["sections"] if s["kind"] not in ("text", "table", "figure")]
    pictures = list((folder / "plots").glob("*.png"))
    assert len(pictures) == len(drawn)
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in pictures)


def test_metrics_have_a_line_for_each_run(report):
    document, folder, _ = report
    with (folder / "metrics.csv").open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    every = [*document["rows"], *document["baselines"]]
    runs = [max(len(m["values"]) for m in row["values"].values() if m) for row in every]
    assert len(lines) == sum(runs)
    assert set(lines[0] if lines else []) >= ({"run", *document["labels"]} if lines else set())


def test_the_page_is_well_formed_and_needs_no_network(report):
    *_, text = report

    open_tags = []

    class Checker(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in {"meta", "img", "br"}:
                open_tags.append(tag)

        def handle_endtag(self, tag):
            assert open_tags.pop() == tag

    checker = Checker()
    checker.feed(text)
    assert not open_tags
    assert not re.search(r'(src|href)="(?!data:|#)', text)


def test_the_table_marks_the_best_of_each_column_and_no_baseline(tmp_path):
    document = DOCUMENTS["spins"] | {"sections": []}
    text = write_report(document, tmp_path).read_text(encoding="utf-8")
    cells = re.findall(r'<td class="best">([^<]*)<', text)
    assert "9.17" in cells  # of the trained; a baseline has 2.97
    assert "2.97" not in cells


def test_a_name_has_one_colour_in_all_sections():
    names = coloured(DOCUMENTS["comparison"]["sections"])
    losses = dict.fromkeys(row["labels"]["loss"] for row in DOCUMENTS["comparison"]["rows"])
    assert names == list(losses)
    assert coloured(DOCUMENTS["spins"]["sections"])[0] == "spin_cross_entropy"
    assert coloured(DOCUMENTS["generation"]["sections"])[0] == "gdm + mse"


def test_structures_turn_without_webgl_and_are_a_picture_without_scripts(tmp_path):
    document = DOCUMENTS["comparison"] | {"sections": [documents.structures()]}
    text = write_report(document, tmp_path).read_text(encoding="utf-8")
    assert 'getContext("2d")' in text
    assert "webgl" not in text.lower().replace("no webgl", "")
    assert "<noscript><figure" in text
    payload = re.search(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    data = json.loads(payload.group(1))
    assert [s["label"] for s in data["sets"]] == ["gnn mse", "gnn energy"]
    assert data["sets"][0]["structures"][1] is None  # not finite


def test_missing_values_and_failed_runs_are_shown(tmp_path):
    document = DOCUMENTS["comparison"] | {"failed": {"gnn mse": "out of memory"}, "sections": []}
    row = document["rows"][0]
    values = {**row["values"], "bond_mae": None}
    document["rows"] = [{**row, "values": values}, *document["rows"][1:]]
    text = write_report(document, tmp_path).read_text(encoding="utf-8")
    assert "Failed runs: gnn mse: out of memory" in text
    assert "<td>–</td>" in text


def test_a_group_has_a_table_for_each_of_its_values(tmp_path):
    document = DOCUMENTS["comparison"] | {"sections": [], "group": "model"}
    text = write_report(document, tmp_path).read_text(encoding="utf-8")
    assert re.findall(r"<h3>([^<]*)</h3>", text) == ["model: gnn", "model: egnn", "model: e3nn"]
    assert text.count("<table>") == 3


def test_sections_of_text_and_figures(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    sections = [
        {"kind": "text", "title": "T", "text": "words", "data": {}},
        {"kind": "figure", "title": "F", "text": "c", "data": {"file": "a.png", "alt": "x"}},
        {"kind": "curves", "title": "E", "text": "", "data": {"panels": []}},
    ]
    text = write_report(DOCUMENTS["spins"] | {"sections": sections}, tmp_path).read_text()
    assert "<p>words</p>" in text
    assert 'alt="x" src="data:image/png;base64,' in text
    assert "There is nothing to show." in text


def test_an_unknown_kind_is_named(tmp_path):
    sections = [{"kind": "song", "title": "S", "text": "", "data": {}}]
    with pytest.raises(ValueError, match="section 'S' is of kind 'song', expected one of text"):
        write_report(DOCUMENTS["spins"] | {"sections": sections}, tmp_path)


def test_text_stands_left_and_numbers_right(tmp_path):
    table = {"columns": ["model", "loss", "rate"], "rows": [["gnn", "mse", 0.001]]}
    sections = [{"kind": "table", "title": "S", "text": "", "data": table}]
    document = DOCUMENTS["spins"] | {"sections": sections}
    text = write_report(document, tmp_path).read_text(encoding="utf-8")
    row = '<td class="text">gnn</td><td class="text">mse</td><td>0.001</td>'
    assert row in text


def test_a_row_of_another_length_is_named(tmp_path):
    table = {"columns": ["a"], "rows": [["x"], ["y", 1.0]]}
    sections = [{"kind": "table", "title": "S", "text": "", "data": table}]
    with pytest.raises(ValueError, match=r"section 'S': expected rows of 1 cells.*\['y', '1'\]"):
        write_report(DOCUMENTS["spins"] | {"sections": sections}, tmp_path)


def test_a_report_is_made_again_from_results_json_alone(tmp_path):
    document = DOCUMENTS["spins"]
    document = document | {"sections": document["sections"][1:2]}
    (tmp_path / "results.json").write_text(json.dumps(document))
    first = rebuild(tmp_path).read_bytes()
    (tmp_path / "report.html").unlink()
    assert rebuild(tmp_path).read_bytes() == first


@pytest.mark.parametrize(
    ("content", "message"),
    [('{"runs": []}', "is no document of a study: it has no baselines"), ("{", "is not readable")],
)
def test_other_files_are_refused_in_words(tmp_path, content, message):
    (tmp_path / "results.json").write_text(content)
    with pytest.raises(ValueError, match=message):
        rebuild(tmp_path)


def test_the_report_imports_neither_torch_nor_experiments():
    code = (
        "import sys, types, pathlib\n"
        "package = types.ModuleType('pyg_energyloss')\n"
        f"package.__path__ = [{str(package_folder())!r}]\n"
        "sys.modules['pyg_energyloss'] = package\n"
        "import pyg_energyloss.report\n"
        "heavy = ('torch', 'torch_geometric', 'lightning')\n"
        "ours = [m.split('.')[1] for m in sys.modules if m.startswith('pyg_energyloss.')]\n"
        "bad = [m for m in heavy if m in sys.modules] + [m for m in ours if m not in "
        "('report', 'files')]\n"
        "assert not bad, bad\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def package_folder():
    from pathlib import Path

    import pyg_energyloss

    return Path(pyg_energyloss.__file__).parent
