"""Settings of NICs by ethtool's family of generic netlink (Documentation/networking/ethtool-netlink.rst)."""

from .backend import EthtoolBackend

__all__ = ["EthtoolBackend"]
