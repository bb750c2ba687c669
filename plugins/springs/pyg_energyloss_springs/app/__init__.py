"""The subcommand `energyloss springs`: study, pictures, report."""
