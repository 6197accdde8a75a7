"""Drivers of the NICs' PCI devices (Documentation/ABI/testing/sysfs-bus-pci), and the files about them.

What driverctl(8) does: the driver that a device is to have is written to ``driver_override``, so that no
other one takes it, and to /etc/driverctl.d/pci-ADDRESS, of which a rule of udev makes the override again at
the next boot. Binding is over when the write returns.

dpdk_mapping.yaml is a list of ``{name, pci_address, mac_address, driver}``: NICs that DPDK drives. Others
read and write it too, so that each entry is changed alone.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..state.device import DRIVERS, LINKS, MODEL, VENDOR, VF
from ..state.diff import Change
from ..state.model import DeviceKey, Key, Resource
from ..state.values import Value, Values
from . import files, netdevice, udev
from .ovsdb import control
from .protocol import ExecuteError, ObserveError

log = logging.getLogger(__name__)

BUS = "sys/bus/pci"
SAVED = "etc/driverctl.d"
MAPPING = "/var/lib/os-net-config/dpdk_mapping.yaml"

#: PCI's class of network controllers, in the first of its three bytes.
_NETWORK = "0x02"
#: What the kernel tells of no override.
_NO_OVERRIDE = "(null)"
#: How often a link may get another name while it gets ours: somebody gives it one.
_RENAMINGS = 3
#: Seconds that udevd is given to finish with a link that has come: until then it may give it another name.
_PATIENCE = 10

Entry = Mapping[str, Any]
Rename = Callable[[str, str], None]
Settle = Callable[[Callable[[], Sequence[str]], float], bool]
LetGo = Callable[[str], None]


class Files(NamedTuple):
    """Where all of it is. ``root`` stands for /, ``mapping`` is a whole path."""

    root: str = "/"
    mapping: str = MAPPING

    def of(self, address: str, *parts: str) -> str:
        return os.path.join(self.root, BUS, "devices", address, *parts)

    def driver(self, *parts: str) -> str:
        return os.path.join(self.root, BUS, "drivers", *parts)

    def saved(self, address: str) -> str:
        return os.path.join(self.root, SAVED, f"pci-{address}")


class Devices:
    """The PCI devices of this node's NICs.

    ``rename`` gives a link another name; ``settle`` waits until udevd has finished with links; ``let_go`` has
    DPDK close a device.
    """

    def __init__(
        self,
        where: Files,
        rename: Rename = netdevice.rename,
        settle: Settle = udev.settle,
        let_go: LetGo = control.let_go,
    ) -> None:
        self._where = where
        self._rename = rename
        self._settle = settle
        self._let_go = let_go

    def observe(self) -> Dict[Key, Resource]:
        """Raises ObserveError."""
        try:
            addresses = sorted(os.listdir(os.path.join(self._where.root, BUS, "devices")))
        except FileNotFoundError:
            return {}
        nics = [one for one in addresses if _text(self._where.of(one, "class")).startswith(_NETWORK)]
        if not nics:
            return {}
        known = {str(one.get("pci_address")): one for one in self._entries_to_read()}
        drivers = _listed(self._where.driver())
        keys = map(DeviceKey, nics)
        return {key: Resource(key, self._values(key.address, known, drivers)) for key in keys}

    def _entries_to_read(self) -> List[Entry]:
        try:
            return self._entries()
        except (OSError, ValueError) as error:
            raise ObserveError(f"{self._where.mapping} cannot be used: {error}") from error

    def _values(self, address: str, known: Mapping[str, Entry], drivers: Tuple[str, ...]) -> Values:
        entry = known.get(address, {})
        return {
            "driver": self._driver(address),
            "override": _unless(_text(self._where.of(address, "driver_override")), "", _NO_OVERRIDE),
            "saved": _unless(_text(self._where.saved(address)), ""),
            "name": _optional(entry.get("name")),
            "mac": _optional(entry.get("mac_address")),
            VENDOR: _number(_text(self._where.of(address, "vendor"))),
            MODEL: _number(_text(self._where.of(address, "device"))),
            VF: int(os.path.lexists(self._where.of(address, "physfn"))),
            LINKS: self._links(address),
            DRIVERS: drivers,
        }

    def _driver(self, address: str) -> Optional[str]:
        path = self._where.of(address, "driver")
        return os.path.basename(os.path.realpath(path)) if os.path.lexists(path) else None

    def _links(self, address: str) -> Tuple[str, ...]:
        """Those of the device, or of the one that its driver makes on another bus (virtio)."""
        found = _listed(self._where.of(address, "net"))
        below = (one for one in _listed(self._where.of(address)) if one.startswith("virtio"))
        return found or tuple(name for one in below for name in _listed(self._where.of(address, one, "net")))

    # Steps

    def execute(self, steps: Sequence[Change]) -> None:
        """Raises ExecuteError."""
        for number, step in enumerate(steps):
            assert isinstance(step.key, DeviceKey), step
            try:
                self._make(step.key.address, step.before or {}, step.after or {})
            except (OSError, ValueError) as error:
                reason = str(error)
                if isinstance(error, OSError) and error.strerror:
                    reason = f"{error.filename or step.key.address}: {error.strerror}"
                raise ExecuteError.at(number, steps, reason) from error

    def _make(self, address: str, before: Values, after: Values) -> None:
        """The entry is there before the link goes, and until it is back: it tells which NIC the device is."""
        goes = "name" in after and after["name"] is None
        if not goes:
            self._note(address, after)
        if "saved" in after:
            self._save(self._where.saved(address), after["saved"])
        if "override" in after:
            # An empty line takes it away.
            _write(self._where.of(address, "driver_override"), _line(after["override"]))
        if "driver" in after:
            self._bind(address, after["driver"])
        if goes:
            if "driver" in after:
                self._give_name(address, str(before.get("name")))
            self._note(address, after)

    def _save(self, path: str, driver: Value) -> None:
        if driver is None:
            files.remove(path)
        else:
            files.replace(path, _line(driver).encode())

    def _bind(self, address: str, driver: Value) -> None:
        """Raises OSError; ValueError where the kernel has taken the write and not bound it."""
        if self._driver(address) is not None and self._driver(address) != driver:
            if not self._links(address):
                self._let_go(address)
            _write(self._where.of(address, "driver", "unbind"), address)
        if driver is None:
            return
        if self._driver(address) != driver:
            _write(self._where.driver(str(driver), "bind"), address)
        if self._driver(address) != driver:
            now = self._driver(address) or "no driver"
            raise ValueError(f"{address} is bound to {now}, not to {driver!s}")

    def _give_name(self, address: str, name: str) -> None:
        """A link is made with the kernel's name. udevd gives it its own, whatever it is called by then."""
        if not self._settle(lambda: self._links(address), _PATIENCE):
            log.warning("udevd has not finished with the link of %s: it may give it another name", address)
        for _ in range(_RENAMINGS):
            links = self._links(address)
            if name in links or not links:
                return
            try:
                self._rename(links[0], name)
                return
            except OSError as error:
                if error.errno != errno.ENODEV:
                    raise
        raise ValueError(f"the link of {address} does not keep a name")

    # dpdk_mapping.yaml

    def _entries(self) -> List[Entry]:
        """Raises OSError, ValueError."""
        content = files.content(self._where.mapping)
        if not content:
            return []
        import yaml

        try:
            # All values as texts: to YAML 1.1 a MAC address of digits alone is a number to the base of 60.
            found = yaml.load(content, yaml.BaseLoader) or []
        except yaml.YAMLError as error:
            raise ValueError(f"it is no YAML: {error}") from error
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise ValueError("it is no list of NICs")
        return found

    def _note(self, address: str, after: Values) -> None:
        """Raises OSError, ValueError."""
        if not {"driver", "mac", "name"} & after.keys():
            return
        entries = self._entries()
        own = next((dict(one) for one in entries if one.get("pci_address") == address), {})
        names = {"name": "name", "mac": "mac_address", "driver": "driver"}
        own.update({names[one]: value for one, value in after.items() if one in names})
        own.setdefault("driver", self._driver(address))
        rest = [one for one in entries if one.get("pci_address") != address]
        if own.get("name") is not None:
            rest.append({**own, "pci_address": address})
        if rest == entries:
            return
        import yaml

        if rest:
            # The order and the form in which it has always been written.
            text = yaml.safe_dump(rest, default_flow_style=False)
            files.replace(self._where.mapping, text.encode())
        else:
            files.remove(self._where.mapping)


def _line(driver: Value) -> str:
    return "\n" if driver is None else f"{driver!s}\n"


def _text(path: str) -> str:
    """Without its line end; empty where there is nothing to read."""
    with contextlib.suppress(OSError), open(path, encoding="ascii", errors="replace") as file:
        return file.read().strip()
    return ""


def _number(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0


def _unless(text: str, *nothing: str) -> Optional[str]:
    return None if text in nothing else text


def _optional(value: object) -> Optional[str]:
    return None if value is None else str(value)


def _listed(path: str) -> Tuple[str, ...]:
    try:
        return tuple(sorted(os.listdir(path)))
    except OSError:
        return ()


def _write(path: str, text: str) -> None:
    """In one write, as sysfs takes it. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from error
