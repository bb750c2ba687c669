"""The toy host is a program, which runs when it is imported: nothing to collect."""

collect_ignore_glob = ["hosts/*"]
