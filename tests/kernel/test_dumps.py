"""The kernel's tables while others change them: what is read is read again, to a consistent picture."""

from __future__ import annotations

import itertools
import time
from typing import Callable, Dict, Iterator, List, NamedTuple, Sequence, Set

import pytest

from os_net_config.backends.protocol import ObserveError
from os_net_config.backends.rtnetlink import RtnetlinkBackend, unflagged, wire
from os_net_config.backends.rtnetlink.decode import Message
from os_net_config.backends.rtnetlink.socket import NetlinkSocket
from os_net_config.state.route import BEHIND, PROTOCOL

from .support import warm
from .support.changes import Request, Writer, address, dummy, going_on, mtu, route, rule, there_and_back
from .support.namespace import set_up
from .support.node import Node
from .support.observed import snapshot
from .support.overheard import Distracted, Overheard, Read, reading_through

pytestmark = pytest.mark.rotating

#: The kernel tells links in the order of their index modulo 256 (net/core/rtnetlink.c, rtnl_dump_ifinfo).
_ROUND = 256
FIRST, LAST = 9 * _ROUND + 1, 9 * _ROUND + 250
#: So many of each that a dump takes several reads.
LINKS = {f"stable{number}": _ROUND + 3 + 4 * number for number in range(60)}
EARLY, MIDDLE, LATE = LINKS["stable0"], LINKS["stable30"], LINKS["stable59"]
ADDRESSES = [f"10.{number // 250}.{number % 250}.1" for number in range(900)]
NETWORKS = [f"2001:db8:{number:x}::/48" for number in range(16, 1000)]
OURS = [f"2001:db8:8000:{number:x}::/64" for number in range(1, 300)]
PRIORITIES = range(1000, 3000)


#: Of a picture: links, addresses, routes of each family, rules.
_DUMPS = 5
#: Seconds: for pictures of changing tables, and for what has to come to an end.
ENOUGH, PATIENCE = 4, 20
MOST_RUNS = 12


class Pair(NamedTuple):
    """Of what RTM_GET* asks for: the second is there only while the first is, and told of long after it."""

    kind: int
    first: Request
    second: Request
    names: Sequence[str]


#: Their dumps are flagged when they are torn.
PAIRS = {
    "links": Pair(wire.RTM_GETLINK, dummy("first", FIRST), dummy("second", LAST), ("first", "second")),
    "addresses": Pair(
        wire.RTM_GETADDR,
        address("10.255.0.1", EARLY),
        address("10.255.0.2", LATE),
        ("10.255.0.1/32", "10.255.0.2/32"),
    ),
}
STABLE: Dict[str, List[Request]] = {
    "links": [dummy(name, index) for name, index in LINKS.items()],
    "addresses": [address(one, MIDDLE) for one in ADDRESSES],
    "rules": [rule(one) for one in PRIORITIES],
    "routes": [route(one, EARLY) for one in NETWORKS],
}
#: Told of before the stable ones; more than those of one read take their place when they go.
EARLY_ROUTES = [route(f"2001:0:{number:x}::/48", EARLY) for number in range(1, 60)]
#: Told of before the stable ones as well.
EARLY_RULES = [rule(one) for one in range(10, 60)]
RULES = {f"{priority}: from all lookup 254" for priority in PRIORITIES}

CONFIG = """\
network_config:
- {type: vlan, vlan_id: 10, device: nic1, addresses: [{ip_netmask: 192.0.2.10/24}]}
"""
NEVER_QUIET = "this node's links could not be read: they changed during each of "


@pytest.fixture
def writer(node: Node) -> Iterator[Writer]:
    """Of a node with long tables."""
    with Writer() as made:
        made.carry_out(*STABLE["links"])
        for name in ("stable0", "stable30", "stable59"):
            set_up(name)
        made.carry_out(*(one for what in ("addresses", "rules", "routes") for one in STABLE[what]))
        yield made


def observed(netlink: NetlinkSocket) -> Set[str]:
    """All that there is, by its name."""
    with RtnetlinkBackend(netlink) as backend:
        return {str(one.key) for one in backend.observe()}


class Once(NetlinkSocket):
    """Takes each dump as it is."""

    def dump(self, kind: int, body: bytes) -> List[Message]:
        return self.glance(kind, body)[0]


def is_complete(names: Set[str]) -> bool:
    """Whether all is there that was there throughout."""
    addresses = (f"{one}/32" for one in ADDRESSES)
    return names.issuperset({*LINKS, *addresses, *RULES, *NETWORKS})


def is_torn(pair: Pair, names: Set[str]) -> bool:
    first, second = pair.names
    return second in names and first not in names


# One change, in the midst of a dump


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_torn_dump_is_made_again(writer: Writer, pair: Pair) -> None:
    def torn(read: Read) -> None:
        """Between the first part and the second of the first dump of it."""
        if read.kind == pair.kind and read.number == 1 and not made:
            writer.carry_out(pair.first, pair.second)
            made.append(read.dump)

    made: List[int] = []
    assert is_torn(pair, observed(Once(Overheard(torn))))
    writer.carry_out(pair.second.undone, pair.first.undone)
    made.clear()
    channel = Overheard(torn)
    names = observed(NetlinkSocket(channel))
    assert names.issuperset(pair.names) and is_complete(names)
    assert channel.interrupted == set(made)
    assert channel.dumps == _DUMPS + 1


class Unflagged(NamedTuple):
    """Of a dump that is not: what is there throughout, and what goes while it is told, all but the last."""

    kind: int
    family: int
    stable: Set[str]
    early: Sequence[Request]


UNFLAGGED = {
    "routes": Unflagged(wire.RTM_GETROUTE, wire.AF_INET6, set(NETWORKS), EARLY_ROUTES),
    "rules": Unflagged(wire.RTM_GETRULE, wire.AF_UNSPEC, RULES, EARLY_RULES),
}


@pytest.mark.parametrize("one", UNFLAGGED.values(), ids=UNFLAGGED)
def test_what_a_dump_leaves_out_without_a_word(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, one: Unflagged
) -> None:
    """Some that it has told of go, and one comes."""

    def shifted(read: Read) -> None:
        if (read.kind, read.family, read.number) == (one.kind, one.family, 2) and not made:
            writer.carry_out(*(each.undone for each in one.early), one.early[-1])
            made.append(read.dump)

    made: List[int] = []
    writer.carry_out(*one.early)
    with monkeypatch.context() as once:
        once.setattr(unflagged, "_DUMPS", 1)
        assert one.stable - observed(NetlinkSocket(Overheard(shifted)))
    writer.carry_out(*one.early[:-1])
    made.clear()
    channel = Overheard(shifted)
    assert is_complete(observed(NetlinkSocket(channel)))
    assert channel.dumps == _DUMPS + 1 and not channel.interrupted


def test_routes_that_never_rest(writer: Writer) -> None:
    """What one dump leaves out another one tells, and nothing is told to stand behind itself."""

    def shifted(read: Read) -> None:
        if (read.kind, read.family, read.number) == (wire.RTM_GETROUTE, wire.AF_INET6, 2):
            writer.carry_out(*next(turns))

    goes = [one.undone for one in EARLY_ROUTES]
    turns = itertools.cycle([[*goes, EARLY_ROUTES[0]], EARLY_ROUTES[1:]])
    writer.carry_out(*EARLY_ROUTES, *(route(one, LATE, PROTOCOL) for one in OURS))
    channel = Overheard(shifted)
    with RtnetlinkBackend(NetlinkSocket(channel)) as backend:
        state = backend.observe()
    assert is_complete({str(one.key) for one in state})
    ours = {str(key): one for key, one in state.resources.items() if one.values.get("protocol") == PROTOCOL}
    assert set(ours) == set(OURS)
    assert not [one for one in ours.values() if BEHIND in one.values]
    assert channel.dumps == _DUMPS + 2


# Another process that changes them all the time


@pytest.mark.acceptance
def test_each_picture_is_consistent_whatever_others_do(writer: Writer, node: Node) -> None:
    rounds = [there_and_back(pair.first, pair.second) for pair in PAIRS.values()]
    rounds += [[*early, *(one.undone for one in early)] for early in (EARLY_ROUTES, EARLY_RULES)]
    channel, pictures, refused = Overheard(), 0, 0
    netlink = NetlinkSocket(channel)
    backend = RtnetlinkBackend(netlink)
    deadline = time.monotonic() + ENOUGH
    with going_on(node.own, *rounds):
        while time.monotonic() < deadline or len(channel.interrupted) < 3:
            assert time.monotonic() < deadline + PATIENCE, "no dump was interrupted"
            try:
                names = {str(one.key) for one in backend.observe()}
            except ObserveError as error:
                assert "they changed during each of" in str(error)
                refused += 1
                continue
            assert is_complete(names)
            assert not [pair for pair in PAIRS.values() if is_torn(pair, names)]
            pictures += 1
    assert pictures > refused
    channel.close()


@pytest.mark.acceptance
def test_a_run_amid_the_changes_of_others(writer: Writer, node: Node) -> None:
    rounds = [there_and_back(pair.first, pair.second) for pair in PAIRS.values()]
    configs = itertools.cycle([CONFIG, CONFIG.replace(".10/24", ".11/24")])
    interrupted = False
    with going_on(node.own, *rounds, pause=0.02):
        for config in itertools.islice(configs, MOST_RUNS):
            channel = Overheard()
            with reading_through(channel):
                node.applied(config)
            interrupted |= bool(channel.interrupted)
            if interrupted:
                break
    assert interrupted
    node.unchanged(config)


# Changes without an end


def never_quiet(writer: Writer) -> Callable[[Read], None]:
    """Each dump of links is interrupted."""
    steps = itertools.cycle([PAIRS["links"].first, PAIRS["links"].first.undone])

    def meanwhile(read: Read) -> None:
        if read.kind == wire.RTM_GETLINK and read.number == 1:
            writer.carry_out(next(steps))

    return meanwhile


def test_a_run_that_never_gets_a_picture_says_so(writer: Writer, node: Node) -> None:
    before = snapshot()
    start = time.monotonic()
    with reading_through(Overheard(never_quiet(writer))):
        run = node.apply(CONFIG)
    assert time.monotonic() - start < PATIENCE
    writer.carry_out(*[PAIRS["links"].first.undone] * ("first" in observed(NetlinkSocket())))
    assert (run.status, run.output) == (1, ""), run
    assert run.errors.startswith(f"ERROR: {NEVER_QUIET}") and run.errors.count("\n") == 1, run
    assert snapshot() == before
    node.applied(CONFIG)


def test_a_run_that_cannot_see_what_it_has_done_leaves_its_journal(writer: Writer, node: Node) -> None:
    """What is not known to be taken back is taken back by the next one."""
    before = snapshot()
    channel = Overheard()
    meanwhile = never_quiet(writer)
    channel.meanwhile = lambda read: meanwhile(read) if channel.writes else None
    with reading_through(channel):
        run = node.apply(CONFIG)
    writer.carry_out(*[PAIRS["links"].first.undone] * ("first" in observed(NetlinkSocket())))
    assert (run.status, run.output) == (4, ""), run
    cause, outcome = run.errors.splitlines()
    assert cause.startswith(f"ERROR: {NEVER_QUIET}")
    assert outcome.startswith("ERROR: taken back, but not all: what there is now could not be told: ")
    assert outcome.endswith("; os-net-config recover takes back what is left")
    assert "vlan10" in observed(NetlinkSocket())
    place = ("--run-dir", str(node.run_directory), "--state-dir", str(node.directory / "state"))
    found = warm.run("recover", *place, "--detailed-exit-codes")
    assert found.status == 2, found
    assert snapshot() == before
    node.applied(CONFIG)


# What is lost on the way


def deafening(writer: Writer, is_over: Callable[[], bool]) -> Callable[[Read], None]:
    """More is told during a dump than there is room for."""
    steps = [mtu(LATE, value) for value in range(1400, 1440)]

    def meanwhile(read: Read) -> None:
        if not read.number and not is_over():
            writer.carry_out(*steps)

    return meanwhile


def test_overruns_while_observing(writer: Writer) -> None:
    quiet = itertools.cycle([False, True])
    channel = Distracted(deafening(writer, lambda: next(quiet)))
    assert is_complete(observed(NetlinkSocket(channel)))
    assert (channel.overruns, channel.dumps) == (_DUMPS, 2 * _DUMPS)


def test_overruns_while_a_run_verifies(writer: Writer, node: Node) -> None:
    quiet = itertools.cycle([False, True])
    channel = Distracted(deafening(writer, lambda: not channel.writes or next(quiet)))
    with reading_through(channel):
        node.applied(CONFIG)
    assert channel.overruns >= _DUMPS
    node.unchanged(CONFIG)


def test_overruns_without_an_end(writer: Writer) -> None:
    channel = Distracted(deafening(writer, lambda: False))
    with pytest.raises(ObserveError, match=NEVER_QUIET):
        observed(NetlinkSocket(channel, patience=0.5))
    assert channel.overruns == channel.dumps
