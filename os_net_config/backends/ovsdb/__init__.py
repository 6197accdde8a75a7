"""Open vSwitch's database (RFC 7047, ovs-vswitchd.conf.db(5))."""

from .backend import OvsdbBackend

__all__ = ["OvsdbBackend"]
