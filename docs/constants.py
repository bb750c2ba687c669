"""The comment ``#:`` above a constant is its docstring."""

import griffe


class Constants(griffe.Extension):
    """Read the comments that Python throws away."""

    def on_attribute_instance(self, *, attr, **_):
        """Give the constant its comment."""
        if attr.docstring is not None or attr.lineno is None:
            return
        lines = attr.lines_collection[attr.filepath]
        comment = []
        for line in reversed(lines[: attr.lineno - 1]):
            if not line.strip().startswith("#:"):
                break
            comment.insert(0, line.strip().removeprefix("#:").strip())
        if comment:
            attr.docstring = griffe.Docstring("\n".join(comment), parent=attr)
