"""Tables in the documentation are those of the committed results."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _beside_the_scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


def script(name):
    path = ROOT / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", ["crystals_docs", "generate_docs", "restraints_docs", "spins_docs"]
)
def test_the_page_is_what_its_script_writes(name, tmp_path, monkeypatch):
    module = script(name)
    page = module.PAGE
    copy = tmp_path / page.name
    copy.write_text(page.read_text())
    monkeypatch.setattr(module, "PAGE", copy)
    module.main()
    assert copy.read_text() == page.read_text()


def test_the_comparison_is_that_of_the_committed_run():
    results = json.loads((ROOT / "benchmarks" / "results" / "compare.json").read_text())
    columns, cells, marks = script("compare_docs").table(results)
    shown = {}
    for line in (ROOT / "docs" / "compare.md").read_text().splitlines():
        values = [value.strip() for value in line.strip("|").split("|")]
        if values[0] == columns[0]:
            head = values
        elif values[0] in {row[0] for row in cells} and values[0] not in shown:
            shown[values[0]] = dict(zip(head, values, strict=True))
    assert len(shown) == len(cells)
    for row, mark in zip(cells, marks, strict=True):
        full = {c: f"**{v}**" if m else v for c, v, m in zip(columns, row, mark, strict=True)}
        assert shown[row[0]].items() <= full.items()
