"""A NIC as the numbering of NICs sees it."""

from __future__ import annotations

from typing import NamedTuple, Optional


class Pci(NamedTuple):
    """The device of a NIC. ``vendor`` and ``model`` are PCI's numbers."""

    address: str
    vendor: int = 0
    model: int = 0
    is_vf: bool = False


class Nic(NamedTuple):
    """``real``: a device of its own stands behind it, no software. ``active``: it has carrier.
    ``borrowed``: its address is that of the link below it, or of a port.

    ``mac`` is the permanent address, also while a bond gives the NIC another one.
    """

    name: str
    mac: bytes
    real: bool = True
    vf: bool = False
    active: bool = True
    borrowed: bool = False
    pci: Optional[Pci] = None
    #: The name that it has without us, where it has one of ours now.
    own: str = ""

    @property
    def own_name(self) -> str:
        return self.own or self.name

    @property
    def available(self) -> bool:
        """Whether it can be given a number: a real NIC, neither lo nor a virtual function."""
        return self.real and not self.vf and self.name != "lo"
