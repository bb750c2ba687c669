"""Errors that a user can mend; the command line prints them as one line."""

from __future__ import annotations


class UserError(Exception):
    """Something is wrong with what the user asked for; the message says what and the remedy."""
