"""Declarative network configuration of a Linux node."""

__version__ = "0.1.0"
