"""The figures and tables that were measured here, one file each."""
