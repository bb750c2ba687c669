"""Structure files: readers of single formats, and the one reader over them."""
