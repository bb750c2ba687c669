"""A module for each kind of section that is drawn: ``draw(data, names) -> figure``."""
