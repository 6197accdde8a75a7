"""A node as one: the places of its state together, each step carried out where it belongs."""

from __future__ import annotations

import itertools
from typing import (
    TYPE_CHECKING,
    Callable,
    Collection,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Union,
)

from ..state import link, tap
from ..state.clients import Asking, with_marks
from ..state.diff import Change
from ..state.loss import Attached
from ..state.model import (
    SETTINGS,
    AddressKey,
    Asked,
    DeviceKey,
    DnsKey,
    EthtoolKey,
    FileKey,
    Key,
    LinkKey,
    NameKey,
    NicNameKey,
    ProcessKey,
    ResolverKey,
    Resource,
    RowKey,
    State,
    SysctlKey,
)
from ..state.renaming import is_rename
from ..state.rows import outside_datapaths, stale, without
from . import devices, sysctl, tun
from .leftovers import Leftovers
from .names import Names
from .nic_names import NicNames
from .ovsdb import OvsdbBackend
from .processes import Processes
from .protocol import Answers, ExecuteError
from .rtnetlink import RtnetlinkBackend
from .rtnetlink.leases import Patience
from .rtnetlink.socket import Traffic

if TYPE_CHECKING:
    from .ethtool import EthtoolBackend
    from .resolver import ResolverBackend

#: What netlink can give a link that it did not make.
_OF_EVERY_LINK = frozenset(link.ATTRIBUTES) - {link.KIND.name}

_NOBODY_WAITS = Patience()

#: What carries out steps in order, or raises ExecuteError.
Execute = Callable[[Sequence[Change]], None]


class Part(NamedTuple):
    """What one place does for the step with this number."""

    place: str
    step: Change
    number: int


class NodeBackend:
    """This node: links, addresses and routes of this network namespace, names, and Open vSwitch's rows.

    A context manager.

    ``root`` is a directory that stands for / where files are read and written. ``leftovers`` are
    files of another program, where a run is to remove them. ``arp_wait`` is how many seconds other
    nodes are given to answer for a new IPv4 address; with 0 they are not asked. ``mapping`` is where the NICs
    are noted that DPDK drives. ``leases`` is how long the addresses of DHCP clients are waited for.
    """

    def __init__(
        self,
        root: str = "",
        leftovers: Optional[Leftovers] = None,
        arp_wait: float = 0,
        leases: Patience = _NOBODY_WAITS,
        mapping: str = devices.MAPPING,
    ) -> None:
        self._leftovers = leftovers
        self._leases = leases
        self._netlink = RtnetlinkBackend(arp_wait=arp_wait)
        self._names = Names(root)
        self._nic_names = NicNames(root)
        self._ovsdb = OvsdbBackend()
        self._ethtool: Optional[EthtoolBackend] = None
        self._resolver: Optional[ResolverBackend] = None
        self._processes = Processes()
        self._devices = devices.Devices(devices.Files(mapping=mapping))
        self._places: Dict[str, Execute] = {
            "devices": self._devices.execute,
            "leases": lambda steps: self._netlink.need_leases(steps, self._leases),
            "ethtool": lambda steps: self._of_ethtool().execute(steps),
            "netlink": self._netlink.execute,
            "renames": self._netlink.rename,
            "names": self._names.execute,
            "nic names": self._nic_names.execute,
            "ovsdb": self._ovsdb.execute,
            "resolver": lambda steps: self._of_resolver().execute(steps),
            "processes": self._processes.execute,
            "sysctl": sysctl.execute,
            "tun": tun.execute,
        }
        if leftovers is not None:
            self._places["leftovers"] = leftovers.execute

    def __enter__(self) -> NodeBackend:
        return self

    def __exit__(self, *details: object) -> None:
        if self._ethtool is not None:
            self._ethtool.close()
        self._ovsdb.close()
        self._netlink.__exit__(*details)

    @property
    def traffic(self) -> Traffic:
        return self._netlink.traffic

    def _of_ethtool(self) -> EthtoolBackend:
        """Made where a config has to do with it."""
        if self._ethtool is None:
            from .ethtool import EthtoolBackend

            self._ethtool = EthtoolBackend()
        return self._ethtool

    def _of_resolver(self) -> ResolverBackend:
        """Made where a config has to do with it."""
        if self._resolver is None:
            from .resolver import ResolverBackend

            self._resolver = ResolverBackend()
        return self._resolver

    def settings(self, keys: Collection[Asked]) -> Dict[Key, Resource]:
        groups = [key for key in keys if isinstance(key, EthtoolKey)]
        found = self._of_ethtool().observe(groups) if groups else {}
        if len(groups) < len(keys):
            links = [key.link for key in keys if isinstance(key, DnsKey)]
            found.update(self._of_resolver().observe(links))
        return found

    def observe(self, protocols: Optional[FrozenSet[int]] = None, settings: Collection[Asked] = ()) -> State:
        found = self._found(protocols, settings)
        links = stale(found)
        if links and self._ovsdb.catch_up():
            # Until they were gone the kernel refused what has the same key: an address, a route.
            found = self._found(protocols, settings)
            links = stale(found)
        return State(without(found, links))

    def _found(
        self, protocols: Optional[FrozenSet[int]], settings: Collection[Asked]
    ) -> Mapping[Key, Resource]:
        places = [self._names.observe(), sysctl.defaults(), self._netlink.observe(protocols).resources]
        places += [self._ovsdb.observe(), self._devices.observe(), self._nic_names.observe()]
        places.append(self._processes.observe())
        places.append(self.settings(settings))
        places += [self._leftovers.observe()] if self._leftovers is not None else []
        found = {key: one for place in places for key, one in place.items()}
        return with_marks(outside_datapaths(found))

    def wait_for_open_vswitch(self, seconds: float) -> bool:
        """Until its database can be used; False when the time is over. Raises ObserveError."""
        return self._ovsdb.wait(seconds)

    def execute(self, steps: Sequence[Change]) -> None:
        execute(steps, self._places)

    def tidy(self, keys: Iterable[Key]) -> None:
        keys = list(keys)
        self._names.tidy()
        if any(isinstance(key, ResolverKey) for key in keys):
            self._of_resolver().tidy()
        self._nic_names.tidy([key.name for key in keys if isinstance(key, NicNameKey)])
        if self._leftovers is not None:
            self._leftovers.tidy(keys)

    def settle(self, addresses: Sequence[AddressKey], clients: Sequence[Asking] = ()) -> None:
        self._netlink.settle(addresses)
        self._netlink.await_leases(clients, self._leases)

    def attached(self, links: Mapping[int, str]) -> Attached:
        return self._netlink.attached(links)

    def in_use(self, addresses: Sequence[AddressKey]) -> Answers:
        return self._netlink.in_use(addresses)

    def announce(self, addresses: Sequence[AddressKey]) -> None:
        self._netlink.announce(addresses)


def execute(steps: Sequence[Change], places: Mapping[str, Execute]) -> None:
    """Make the steps in order, those in a row that are of one place together. Raises ExecuteError."""
    parts = [part for number, step in enumerate(steps) for part in _parts(number, step)]
    done: Set[int] = set()
    tried = 0
    for place, group in itertools.groupby(parts, lambda part: part.place):
        here = list(group)
        tried += len(here)
        try:
            places[place]([part.step for part in here])
        except ExecuteError as error:
            raise _of_all(error, steps, done, here, parts[tried:]) from error
        done.update(part.number for part in here)


def _of_all(
    error: ExecuteError, steps: Sequence[Change], done: Set[int], here: Sequence[Part], later: Sequence[Part]
) -> ExecuteError:
    """The error of one place as that of all steps. Of a step that is half made, a half is done."""
    numbers = {id(part.step): part.number for part in here}
    failed = numbers[id(error.step)]
    made = done | {numbers[id(step)] for step in error.done}
    left = {numbers[id(step)] for step in error.remaining} | {part.number for part in later}
    remaining = left - made - {failed}
    return ExecuteError(
        steps[failed],
        error.reason,
        [steps[number] for number in sorted(made)],
        [steps[number] for number in sorted(remaining)],
    )


#: Of keys that one place has all of.
_PLACES: Mapping[type, str] = {
    DeviceKey: "devices",
    FileKey: "leftovers",
    NameKey: "names",
    ResolverKey: "resolver",
    NicNameKey: "nic names",
    ProcessKey: "processes",
    RowKey: "ovsdb",
}


def _place_of_setting(key: Union[EthtoolKey, DnsKey, SysctlKey]) -> str:
    if not isinstance(key, SysctlKey):
        return "ethtool" if isinstance(key, EthtoolKey) else "resolver"
    return "netlink" if key.family == 4 else "sysctl"


def _parts(number: int, step: Change) -> Iterator[Part]:
    key = step.key
    if any(isinstance(one, ProcessKey) for one in step.awaits):
        yield Part("leases", step, number)
    if type(key) in _PLACES:
        yield Part(_PLACES[type(key)], step, number)
    elif is_rename(step):
        yield Part("renames", step, number)
    elif isinstance(key, SETTINGS):
        # One that was not there goes with its link.
        if step.after is not None:
            yield Part(_place_of_setting(key), step, number)
    elif isinstance(key, LinkKey) and step.before is None and (step.after or {}).get("kind") == tap.KIND:
        yield Part("tun", step, number)
        rest = {name: value for name, value in (step.after or {}).items() if name in _OF_EVERY_LINK}
        if rest:
            yield Part("netlink", step._replace(before={}, after=rest), number)
    else:
        yield Part("netlink", step, number)
