"""Make the links of a README absolute: PyPI shows it away from the repository.

python docs/for_pypi.py https://github.com/OWNER/NAME v1.2.3 README.md plugins/*/README.md

Pages link to the file at the tag, pictures to its content, notebooks to Colab, where they run at once. The release workflow calls it before it builds; nothing of it is committed.
"""

import posixpath
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
GITHUB = "https://github.com/"
COLAB = "https://colab.research.google.com/github"
#: ![text](target) and [text](target), also a picture inside a link; a target with a scheme, or inside the page, stays.
LINK = re.compile(r"(!?)(\[(?:[^][]|!\[[^][]*\]\([^)]*\))*\])\((?![a-z]+:|#)([^)\s]+)\)")


def absolute(text: str, repository: str, tag: str, folder: str = "") -> str:
    """Links of a page in ``folder`` of the repository, made absolute; code blocks stay.

    >>> absolute("[a](docs/a.md#b) ![c](d.png)", "https://github.com/o/n", "v1")
    '[a](https://github.com/o/n/blob/v1/docs/a.md#b) ![c](https://github.com/o/n/raw/v1/d.png)'
    >>> absolute("[a](b.ipynb)", "https://github.com/o/n", "v1")
    '[a](https://colab.research.google.com/github/o/n/blob/v1/b.ipynb)'
    """

    def replace(match: re.Match[str]) -> str:
        picture, label, target = match.groups()
        path = posixpath.normpath(posixpath.join(folder, target))
        label = LINK.sub(replace, label[1:-1]) if "](" in label else label[1:-1]
        if path.endswith(".ipynb") and repository.startswith(GITHUB):
            return f"[{label}]({COLAB}/{repository.removeprefix(GITHUB)}/blob/{tag}/{path})"
        return f"{picture}[{label}]({repository}/{'raw' if picture else 'blob'}/{tag}/{path})"

    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else LINK.sub(replace, part) for part in parts)


if __name__ == "__main__":
    for name in sys.argv[3:]:
        page = Path(name).resolve()
        folder = page.parent.relative_to(ROOT).as_posix()
        new = absolute(page.read_text(encoding="utf-8"), sys.argv[1], sys.argv[2], folder)
        page.write_text(new, encoding="utf-8")
