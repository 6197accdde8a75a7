"""Processes of links: programs of others that we start and stop, and that outlive our runs."""

from .backend import DIRECTORY, Processes, programs

__all__ = ["DIRECTORY", "Processes", "programs"]
