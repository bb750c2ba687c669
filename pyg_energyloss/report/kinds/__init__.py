"""A module for each kind of section that is drawn: its data, and ``draw(data, names) -> figure``."""
