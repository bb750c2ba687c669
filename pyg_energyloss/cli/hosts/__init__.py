"""`energyloss hosts`, `export` and `run`: our losses in other programs."""
