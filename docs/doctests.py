"""Doctests are shown as code wherever they stand, formulas as MathML, which browsers know."""

import re

import griffe
from latex2mathml.converter import convert

SESSION = re.compile(r"(?m)^( *)(>>> .*(?:\n(?!\s*$).*)*)")
FORMULA = re.compile(r"(?m)^\.\. math:: *(.*(?:\n +\S.*)*)")


def formula(match):
    """The formula as HTML that Markdown leaves alone."""
    text = " ".join(match[1].split())
    return f'<div class="formula">{convert(text, display="block")}</div>'


class Doctests(griffe.Extension):
    """Put fences around each interactive session of a docstring and draw its formulas."""

    def on_instance(self, *, obj, **_):
        """Change the text of the object's docstring."""
        if obj.docstring is not None:
            fenced = r"\1```pycon\n\1\2\n\1```"
            text = FORMULA.sub(formula, obj.docstring.value)
            text = re.sub(r"::(?=\n\n)", ":", text)  # of reStructuredText, before code
            obj.docstring.value = SESSION.sub(fenced, text)
