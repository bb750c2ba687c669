"""Names of molsets, which does not import beside a current RDKit: declared; none may be called."""
