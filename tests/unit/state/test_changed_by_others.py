"""What somebody else has made of rows since is not written over: while the file says it, and after."""

from __future__ import annotations

from typing import Dict, Tuple

import pytest

from os_net_config.state import row
from os_net_config.state.diff import Change
from os_net_config.state.model import Key, LinkKey, Resource, RowKey, State
from os_net_config.state.record import of_this_database
from os_net_config.state.values import Value, Values

from .model_switch import fresh
from .site import Site, WholeKernel

# That of assume(), which fails outside of a property as it should.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")

ROOT, BRIDGE = RowKey(row.ROOT, row.ROOT_NAME), RowKey(row.BRIDGE, "br0")
PORT, INTERFACE = RowKey(row.PORT, "br0"), RowKey(row.INTERFACE, "br0")
OURS, THEIRS = (RowKey(row.CONTROLLER, f"br0 tcp:192.0.2.{number}") for number in (1, 2))
INTERNAL: Values = {"port": "br0", "type": row.INTERNAL}
BEFORE: Values = {"external_ids:whose": "somebody's", "stp_enable": 0}


def there(*keys: RowKey) -> State:
    values: Dict[RowKey, Values] = {
        ROOT: {"external_ids:ovn-encap-ip": "192.0.2.9"},
        BRIDGE: fresh(BRIDGE, BEFORE),
        PORT: fresh(PORT, {"bridge": "br0"}),
        INTERFACE: fresh(INTERFACE, INTERNAL),
    }
    found: Dict[Key, Resource] = {key: Resource(key, values[key]) for key in (ROOT, *keys)}
    return State(found)


def wanted(of_bridge: Values, of_root: Values, *keys: RowKey) -> State:
    """With the whole bridge, where the config makes it."""
    label: Values = {row.LABEL: "made"}
    places: Dict[RowKey, Values] = {BRIDGE: of_bridge, PORT: {"bridge": "br0"}, INTERFACE: INTERNAL}
    found: Dict[Key, Resource] = {ROOT: Resource(ROOT, of_root)} if of_root else {}
    found.update((key, Resource(key, places[key], initial=label)) for key in keys)
    return State(found)


ALL = (BRIDGE, PORT, INTERFACE)
SAID: Values = {
    "fail_mode": "standalone",
    "stp_enable": 1,
    "external_ids:whose": "ours",
    "controller": ("tcp:192.0.2.1",),
}
OF_ROOT: Values = {"external_ids:ovn-encap-ip": "192.0.2.1", "external_ids:ours": "1"}


def somebody(site: Site) -> None:
    """As a Neutron agent and OVN do."""
    has_ours = OURS in site.kernel.observe().resources
    site.kernel.execute(
        [
            *([Change(OURS, {"bridge": "br0"}, None)] if has_ours else []),
            Change(THEIRS, None, {"bridge": "br0", "target": "tcp:192.0.2.2"}),
            Change(BRIDGE, {}, {"fail_mode": "secure", "external_ids:whose": "ovn"}),
            Change(ROOT, {}, {"external_ids:ovn-encap-ip": "192.0.2.77"}),
        ]
    )


def told(site: Site) -> Tuple[Values, Values]:
    found = site.kernel.observe()
    names = ("fail_mode", "stp_enable", "external_ids:whose", "controller")
    ids = {name: found.resources[ROOT].values.get(name) for name in OF_ROOT}
    return {name: found.resources[BRIDGE].values.get(name) for name in names}, ids


LEFT: Dict[str, Value] = {
    "fail_mode": "secure",
    "stp_enable": 0,
    "external_ids:whose": "ovn",
    "controller": ("tcp:192.0.2.2",),
}
IDS: Values = {"external_ids:ovn-encap-ip": "192.0.2.77", "external_ids:ours": None}


@pytest.mark.parametrize("keys", [(), ALL], ids=["made", "adopted"])
@pytest.mark.parametrize("told_first", [False, True])
def test_it_stays_when_the_file_says_no_more_of_it(keys: Tuple[RowKey, ...], told_first: bool) -> None:
    """As the warning advises. What is as we gave it goes back as ever."""
    site = Site(there(*keys))
    site.apply(wanted(SAID, OF_ROOT, *ALL))
    somebody(site)
    if told_first:
        assert not site.apply(wanted(SAID, OF_ROOT, *ALL)).changes
    site.apply(wanted({}, {}, *ALL))
    assert told(site) == (LEFT, IDS)
    assert not site.planned(wanted({}, {}, *ALL)).changes


def test_it_stays_when_an_adopted_row_leaves_the_file() -> None:
    site = Site(there(*ALL))
    site.apply(wanted(SAID, OF_ROOT, BRIDGE))
    somebody(site)
    site.apply(State())
    assert told(site) == (LEFT, IDS)
    assert not list(site.record)


def test_it_is_what_was_there_before_when_the_file_says_it_again() -> None:
    """Not what was there before the first time: somebody has chosen something else since."""
    site = Site(there(*ALL))
    site.apply(wanted(SAID, OF_ROOT, BRIDGE))
    somebody(site)
    for said in ({"stp_enable": 1}, SAID, {"stp_enable": 1}):
        site.apply(wanted(said, {}, BRIDGE))
    assert told(site)[0] == {**LEFT, "stp_enable": 1}
    site.apply(State())
    assert told(site) == (LEFT, IDS)


def test_what_another_config_gave_is_compared_with_that() -> None:
    site = Site(there(*ALL))
    site.apply(wanted({"fail_mode": "standalone", "stp_enable": 1}, {}, BRIDGE))
    own, site.path = site.path, "/another.yaml"
    site.apply(wanted({"other_config:a": "1"}, {}, BRIDGE))
    somebody(site)
    site.path = own
    site.apply(State())
    assert told(site)[0] == LEFT


def test_what_somebody_removed_is_made_by_us_and_goes_with_the_file() -> None:
    """ovs-vsctl del-br: nothing of what was there before us is left to be kept."""
    site = Site(there(*ALL))
    said = wanted(SAID, OF_ROOT, *ALL)
    site.apply(said)
    site.kernel.execute([Change(BRIDGE, {}, None)])
    site.apply(said)
    assert {key for key in ALL if site.record.entries[key].made} == set(ALL)
    site.apply(State())
    assert {key for key in site.kernel.observe().resources if isinstance(key, RowKey)} == {ROOT}
    assert not list(site.record)


def test_so_is_a_link_of_the_kernel() -> None:
    key, site = LinkKey("bond1"), Site(State())
    site.kernel.execute([Change(key, None, {"kind": "bond", "group": 0})])
    said = State({key: Resource(key, {"kind": "bond", "mtu": 1400, "up": 1}, initial={"group": 111})})
    site.apply(said)
    assert not site.record.entries[key].made
    site.kernel.execute([Change(key, {}, None)])
    site.apply(said)
    assert site.record.entries[key].made
    site.apply(State())
    assert site.kernel.observe().link("bond1") is None


def in_database(number: str, *keys: RowKey) -> State:
    """One that has this identifier."""
    found = there(*keys).resources
    return State({**found, ROOT: Resource(ROOT, {row.DATABASE: number})})


@pytest.mark.parametrize("keys", [(), ALL], ids=["nothing", "a bridge that somebody was faster to make"])
def test_a_database_that_was_emptied_gets_all_of_the_file(keys: Tuple[RowKey, ...]) -> None:
    """Nobody has changed what was never in it."""
    site, said = Site(in_database("1", *ALL)), wanted(SAID, {**OF_ROOT, "manager": ("ptcp:6640",)}, *ALL)
    site.apply(said)
    assert not site.planned(said).changes
    site.kernel = WholeKernel(in_database("2", *keys))
    site.apply(said)
    found = site.kernel.observe().resources
    assert told(site)[1] == OF_ROOT and found[ROOT].values["manager"] == ("ptcp:6640",)
    assert {name: found[BRIDGE].values[name] for name in SAID} == SAID
    assert site.record.entries[BRIDGE].made == (not keys)
    assert not site.planned(said).changes
    # What was before it was emptied is not gone back to.
    site.apply(State())
    root = site.kernel.observe().resources[ROOT].values
    assert root.keys() == {"manager", row.DATABASE} and not root["manager"]
    assert (BRIDGE in site.kernel.observe().resources) == bool(keys)


def test_of_a_database_that_was_not_known_by_its_identifier_nothing_is_forgotten() -> None:
    site, said = Site(there(*ALL)), wanted(SAID, OF_ROOT, *ALL)
    site.apply(said)
    known = site.record
    assert of_this_database(known, in_database("1")) == known
    assert of_this_database(known, State()) == known


ETH_PORT, ETH = RowKey(row.PORT, "eno1"), RowKey(row.INTERFACE, "eno1")
WHOLE = (*ALL, ETH_PORT, ETH)


def with_a_nic() -> Tuple[Site, State]:
    """A bridge of ours with a NIC, and the config that asks for it."""
    link: Resource = Resource(LinkKey("eno1"), {"kind": "", "mtu": 1500, "up": 1, "master": None, "group": 0})
    site = Site(State({**there().resources, link.key: link}))
    own = wanted({"fail_mode": "secure", "external_ids:ours": "1", "other_config:b": "2"}, {}, *ALL)
    label: Values = {row.LABEL: "made"}
    port = Resource(ETH_PORT, {"bridge": "br0"}, initial=label)
    interface = Resource(ETH, {"port": "eno1", "type": ""}, initial=label)
    said = State({**own.resources, ETH_PORT: port, ETH: interface})
    site.apply(said)
    return site, said


#: Rows that lose their label, and those that are there when the config has them no more.
LABELS: Dict[str, Tuple[Tuple[RowKey, ...], Tuple[RowKey, ...]]] = {
    "none": ((), ()),
    "the bridge's": ((BRIDGE,), ALL),
    "its own port's": ((PORT,), ()),
    "its own interface's": ((INTERFACE,), ()),
    "those of both": ((PORT, INTERFACE), ()),
    "all of the bridge": (ALL, ALL),
    "a NIC's interface's": ((ETH,), ()),
}


@pytest.mark.parametrize("which", LABELS)
def test_a_bridge_goes_or_stays_as_a_whole_and_so_does_a_port(which: str) -> None:
    taken, left = LABELS[which]
    site, said = with_a_nic()
    site.kernel.execute([Change(key, {}, {row.LABEL: None}) for key in taken])
    assert not site.planned(said).changes
    for _ in range(2):
        changes = site.apply(State()).changes
        assert {one.key for one in changes if one.after is None and one.key in WHOLE} == set(WHOLE) - set(
            left
        )
        found = {key: one.values for key, one in site.kernel.observe().resources.items() if key in WHOLE}
        assert found.keys() == set(left)
        assert not any(row.LABEL in values for values in found.values())
        assert (site.kernel.observe().link("br0") is not None) == bool(left)
        # Of what is somebody's now our keys are not.
        assert {"external_ids:ours", "other_config:b"}.isdisjoint(found.get(BRIDGE, {}))
        assert not site.planned(State()).changes
        # And once more, adopted.
        site.apply(said)
        assert not site.planned(said).changes


def test_a_port_that_somebody_has_made_his_own_keeps_its_interface() -> None:
    site, said = with_a_nic()
    site.kernel.execute([Change(ETH_PORT, {}, {row.LABEL: None})])
    site.apply(State({key: one for key, one in said.resources.items() if key not in {ETH_PORT, ETH}}))
    found = site.kernel.observe().resources
    assert all(key in found and row.LABEL not in found[key].values for key in (ETH_PORT, ETH))


def test_what_somebody_has_changed_of_a_bridge_that_is_his_now_stays() -> None:
    site, _ = with_a_nic()
    site.kernel.execute([Change(BRIDGE, {}, {row.LABEL: None, "other_config:b": "3"})])
    site.apply(State())
    values = site.kernel.observe().resources[BRIDGE].values
    assert (values.get("other_config:b"), values.get("external_ids:ours")) == ("3", None)
    assert values["fail_mode"] == "secure"
