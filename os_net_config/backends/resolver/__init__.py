"""The node's resolver: systemd-resolved, resolvconf, or a file."""

from .backend import ResolverBackend

__all__ = ["ResolverBackend"]
