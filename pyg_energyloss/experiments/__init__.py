"""Studies of many runs: one engine for comparisons, generation and spins."""
