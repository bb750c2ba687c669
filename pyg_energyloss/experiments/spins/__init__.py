"""The spin table: couplings in, ground states out: `energyloss spins`."""
