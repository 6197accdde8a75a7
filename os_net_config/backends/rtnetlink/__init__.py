"""Links, addresses and routes, through the kernel's rtnetlink."""

from .backend import RtnetlinkBackend

__all__ = ["RtnetlinkBackend"]
