"""Structure files: readers of single formats, the one reader over them, writers."""
