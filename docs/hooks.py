"""Undocumented names are warnings; links to files outside docs/ lead to copies of the files.

Such links work in the checkout as they are; the site gets the files as text. Lines break between
words only: not before a ± or a unit, nor inside a short piece of code.
"""

import logging
import re
from pathlib import Path

import make_api
from mkdocs.structure.files import File

LOG = logging.getLogger("mkdocs.hooks.api")

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"(<pre.*?</pre>|<code.*?</code>)", re.DOTALL)
SHORT = re.compile(r"^<code>(?=[^<\n]{1,28}</code>)")
UNIT = re.compile(r"(?<=\d) (?=(%|Å|ms|µs|s|eV|GB|MB)(?!\w))")
NAMES = re.compile(r"<td>\w+ \+ \w+")
ROW_CODE = re.compile(r"(?m)^(\|.*)$")
LINK = re.compile(r"\]\((\.\./[^)#]+)(#[^)]*)?\)")


def outside(source, link):
    """Path in the checkout of a link that leaves docs/, or None."""
    path = (ROOT / "docs" / source).parent.joinpath(link).resolve()
    if path.is_relative_to(ROOT / "docs") or not path.is_file():
        return None
    return path.relative_to(ROOT)


def copied(path):
    """Where the copy lies in the site; as text, so that a browser shows it."""
    return f"source/{path}.txt"


def on_pre_build(**_):
    """Warn of what is public and not documented; with --strict the build fails."""
    for problem in make_api.problems():
        LOG.warning(problem)


def on_files(files, config):
    """Add the linked files."""
    seen = set()
    for page in list(files.documentation_pages()):
        for link, _ in LINK.findall(page.content_string):
            path = outside(page.src_uri, link)
            if path is not None and path not in seen:
                seen.add(path)
                text = (ROOT / path).read_text(encoding="utf-8")
                files.append(File.generated(config, copied(path), content=text))
    return files


def on_page_markdown(markdown, page, **_):
    """Point the links at the copies."""
    up = "../" * page.file.src_uri.count("/")

    def replace(match):
        path = outside(page.file.src_uri, match[1])
        return match[0] if path is None else f"]({up}{copied(path)})"

    return ROW_CODE.sub(unescaped, LINK.sub(replace, markdown))


def unescaped(row):
    """GitHub wants a bar inside code of a table escaped; here the backslash would be seen."""
    return re.sub(r"`[^`]*`", lambda code: code[0].replace(r"\|", "|"), row[0])


def on_page_content(html, **_):
    """Keep together what belongs together."""
    parts = CODE.split(html)
    parts[::2] = [unbroken(part) for part in parts[::2]]
    parts[1::2] = [SHORT.sub('<code class="short">', part) for part in parts[1::2]]
    return "".join(parts)


def unbroken(html):
    """No line breaks around ±, in k = 6, before units, or in the name of a run."""
    html = re.sub(r"(?<=\d) ± (?=\d)", "\u00a0±\u00a0", html)
    html = re.sub(r"\b([dkn]) = (?=\d)", "\\1\u00a0=\u00a0", html)
    html = NAMES.sub(lambda cell: cell[0].replace(" ", "\u00a0"), html)
    return UNIT.sub("\u00a0", html)
