"""Finds the subcommands in the registry and turns expected errors into one clear line."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from pyg_energyloss._version import __version__
from pyg_energyloss.cli.errors import UserError
from pyg_energyloss.registry.manager import BUILTIN

EPILOG = """\
An energy loss scores a predicted structure by the energy it takes to deform the true structure
into it. It is not a loss on energies (force fields). Start with:

  energyloss compare --quick      train a few models with several losses, open the report
  energyloss plugins              which losses, models, samplers and data sets are installed
"""


def build_parser(command: str | None) -> argparse.ArgumentParser:
    """Build the parser; only the options of ``command`` are imported and added."""
    from pyg_energyloss import registry

    parser = argparse.ArgumentParser(
        prog="energyloss",
        description="Energy loss functions for molecules, crystals and spins.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pyg-energyloss {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    taken: set[str] = set()
    # Our own first: a plugin's command of the same name is called by its qualified name.
    for entry in sorted(registry.describe("command"), key=lambda e: e.distribution != BUILTIN):
        name = entry.qualified if entry.name in taken else entry.name
        taken.add(name)
        sub = commands.add_parser(
            name,
            help=entry.summary.replace("%", "%%"),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if name == command:
            entry.resolve()(sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand.

    Returns:
        0 if it did what was asked, 1 if it ended with an error, 2 for a wrong command line,
        130 after Ctrl-C.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    command = next((a for a in arguments if not a.startswith("-")), None)
    if not sys.warnoptions:
        warnings.filterwarnings("ignore", category=DeprecationWarning)
    try:
        options = build_parser(command).parse_args(arguments)
        return int(options.run(options) or 0)
    except BrokenPipeError:
        # The reader (head, less) went away; point stdout elsewhere so that exiting stays quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("energyloss: interrupted; what was finished is kept", file=sys.stderr)
        return 130
    except (UserError, KeyError, ValueError, ImportError, OSError) as error:
        if os.environ.get("PYG_ENERGYLOSS_TRACEBACK") == "1":
            raise
        print(f"energyloss: error: {_one_line(error)}", file=sys.stderr)
        return 1


def _one_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.strerror}: {error.filename}"
    text = str(error) or type(error).__name__
    return " ".join(text.split())
