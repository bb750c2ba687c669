"""How a loss takes the place of a host's own: by attribute, by import path, late or at start."""
