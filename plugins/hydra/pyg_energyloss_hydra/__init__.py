"""Energy losses in Hydra programs: configuration groups, and losses with their hosts' calls.

Nothing is imported here; Hydra imports what a configuration names.
"""
