"""The CPU engine: kernels compiled by numba."""
