"""Doctests without a heading of their own are shown as code, not as quotations."""

import re

import griffe

SESSION = re.compile(r"(?m)^(>>> .*(?:\n(?!\s*$).*)*)")


class Doctests(griffe.Extension):
    """Put fences around each interactive session of a docstring."""

    def on_instance(self, *, obj, **_):
        """Change the text of the object's docstring."""
        if obj.docstring is not None:
            obj.docstring.value = SESSION.sub(r"```pycon\n\1\n```", obj.docstring.value)
