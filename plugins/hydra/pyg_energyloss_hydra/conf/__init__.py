"""Configuration groups, which the search path plugin adds to every Hydra program."""
