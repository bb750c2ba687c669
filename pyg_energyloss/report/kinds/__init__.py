"""A module for each kind of section: its data, and ``draw(data, names) -> figure``."""
