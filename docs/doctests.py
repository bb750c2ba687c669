"""Doctests are shown as code wherever they stand in a docstring, not as quotations."""

import re

import griffe

SESSION = re.compile(r"(?m)^( *)(>>> .*(?:\n(?!\s*$).*)*)")


class Doctests(griffe.Extension):
    """Put fences around each interactive session of a docstring."""

    def on_instance(self, *, obj, **_):
        """Change the text of the object's docstring."""
        if obj.docstring is not None:
            fenced = r"\1```pycon\n\1\2\n\1```"
            obj.docstring.value = SESSION.sub(fenced, obj.docstring.value)
