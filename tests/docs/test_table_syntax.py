"""Every table of README and docs is one on GitHub, and its rows have as many cells as its head."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "plugins").glob("*/README.md")),
]
GITHUB = MarkdownIt("commonmark").enable("table")


def wrong_tables(text):
    """Lines of rows that no table shows, and of rows with more or fewer cells than the head."""
    lines = text.splitlines()
    blocks = GITHUB.parse(text)
    shown = {}
    for token in blocks:
        if token.type == "table_open":
            start, end = token.map
            shown |= {number: cells(lines[start]) for number in range(start, end)}
    code = {
        number
        for token in blocks
        if token.type in ("fence", "code_block")
        for number in range(*token.map)
    }
    return [
        number + 1
        for number, line in enumerate(lines)
        if line.lstrip().startswith("|") and number not in code and shown.get(number) != cells(line)
    ]


def cells(row):
    return len(re.split(r"(?<!\\)\|", row.strip().removeprefix("|").removesuffix("|")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_table_is_one_with_full_rows(page):
    assert wrong_tables(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", []),
        ("| a | b |\n|---|---|\n| `\\|` | 2 |\n", []),
        ("| a | b |\n|---|---|---|\n| 1 | 2 |\n", [1, 2, 3]),
        ("| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |\n", [3, 4]),
        ("| a | b |\n|---|---|\n| `|` | 2 |\n", [3]),
        ("text\n\n    | a |\n", []),
    ],
)
def test_tables_that_are_none_are_found(table, wrong):
    assert wrong_tables(table) == wrong
