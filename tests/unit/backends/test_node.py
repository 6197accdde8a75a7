"""Steps of several places: their order, who gets which together, and what an error says of all."""

from __future__ import annotations

from functools import partial
from typing import List, Mapping, Optional, Sequence, Tuple

import pytest

from os_net_config.backends.node import Execute, execute
from os_net_config.backends.protocol import ExecuteError
from os_net_config.state.diff import Change
from os_net_config.state.model import Key, LinkKey, NameKey, RowKey, SysctlKey
from os_net_config.state.values import Values


def step(key: Key, before: Optional[Values] = None, after: Optional[Values] = None) -> Change:
    return Change(key, before, {"value": 1} if after is None and before is None else after)


NAME = step(NameKey("rt_tables", 200), None, {"name": "storage"})
IPV4 = step(SysctlKey("eth0", 4, "promote_secondaries"), {"value": 0}, {"value": 1})
IPV6 = step(SysctlKey("eth0", 6, "accept_ra"), {"value": 1}, {"value": 0})
UP = step(LinkKey("eth0"), {"up": 0}, {"up": 1})
TAP = step(LinkKey("tap0"), None, {"kind": "tun", "mode": 2, "mtu": 1400, "up": 1})
ROW = step(RowKey("Bridge", "br0"), {"stp_enable": 0}, {"stp_enable": 1})
BARE_TAP = step(LinkKey("tap1"), None, {"kind": "tun", "mode": 2})


class Places:
    """Notes what each place is given. ``failing`` is refused; what comes after it there is not tried."""

    def __init__(self, failing: Optional[Tuple[str, Key]] = None) -> None:
        self.calls: List[Tuple[str, List[Change]]] = []
        self._failing = failing

    def all(self) -> Mapping[str, Execute]:
        return {name: partial(self._take, name) for name in ("netlink", "names", "ovsdb", "sysctl", "tun")}

    def _take(self, place: str, steps: Sequence[Change]) -> None:
        self.calls.append((place, list(steps)))
        for number, one in enumerate(steps):
            if (place, one.key) == self._failing:
                raise ExecuteError(one, "No", steps[:number], steps[number + 1 :])


def error(steps: Sequence[Change], place: str, key: Key) -> ExecuteError:
    with pytest.raises(ExecuteError) as caught:
        execute(steps, Places((place, key)).all())
    return caught.value


def test_steps_in_a_row_of_one_place_go_together() -> None:
    places = Places()
    execute([NAME, NAME, IPV4, UP, IPV6, UP], places.all())
    assert places.calls == [
        ("names", [NAME, NAME]), ("netlink", [IPV4, UP]), ("sysctl", [IPV6]), ("netlink", [UP]),
    ]  # fmt: skip


def test_rows_go_together() -> None:
    """What is between them is by netlink, so that they are two transactions."""
    places = Places()
    execute([ROW, ROW, UP, ROW], places.all())
    assert places.calls == [("ovsdb", [ROW, ROW]), ("netlink", [UP]), ("ovsdb", [ROW])]


def test_a_tap_is_made_and_then_changed() -> None:
    places = Places()
    execute([UP, TAP, IPV4, BARE_TAP], places.all())
    rest: Values = {"mtu": 1400, "up": 1}
    assert places.calls == [
        ("netlink", [UP]), ("tun", [TAP]), ("netlink", [TAP._replace(before={}, after=rest), IPV4]),
        ("tun", [BARE_TAP]),
    ]  # fmt: skip


def test_a_tap_goes_by_netlink() -> None:
    places = Places()
    execute([TAP.inverse], places.all())
    assert places.calls == [("netlink", [TAP.inverse])]


def test_a_setting_goes_with_its_link() -> None:
    places = Places()
    made = step(IPV6.key, None, {"value": 0})
    execute([made.inverse], places.all())
    assert places.calls == []


def test_an_error_tells_of_all_places() -> None:
    found = error([NAME, UP, IPV6, IPV4, NAME], "sysctl", IPV6.key)
    assert (found.step, found.reason) == (IPV6, "No")
    assert (found.done, found.remaining) == ((NAME, UP), (IPV4, NAME))


def test_an_error_amid_those_of_one_place() -> None:
    found = error([NAME, IPV4, UP, TAP, IPV6], "netlink", UP.key)
    assert (found.step, found.done, found.remaining) == (UP, (NAME, IPV4), (TAP, IPV6))


def test_a_tap_that_cannot_be_made() -> None:
    found = error([UP, TAP, IPV6], "tun", TAP.key)
    assert (found.step, found.done, found.remaining) == (TAP, (UP,), (IPV6,))


def test_a_tap_that_is_made_and_cannot_be_changed_has_to_be_taken_back() -> None:
    found = error([UP, TAP, IPV4, IPV6], "netlink", TAP.key)
    assert (found.step, found.done, found.remaining) == (TAP, (UP, TAP), (IPV4, IPV6))
