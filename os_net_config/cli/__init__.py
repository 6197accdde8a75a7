"""The command line: arguments, exit codes, and how a plan looks."""
