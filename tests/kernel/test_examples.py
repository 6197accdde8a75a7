"""Every example, applied to a real kernel, makes exactly the state that is written out for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import pytest
import yaml

from .support import tracing, warm
from .support.node import Node
from .support.observed import Attributes, Observed, identities, observe
from .support.program import CHECKOUT, NO_CHANGE

EXAMPLES = sorted((CHECKOUT / "examples").glob("*.yaml"))
EXPECTED = Path(__file__).parent / "expected"

LOOPBACK: Attributes = {"kind": "loopback", "state": "up", "mac": "00:00:00:00:00:00", "mtu": "65536"}
LOOPBACK_ADDRESSES = ["127.0.0.1/8 scope host", "::1/128 scope host"]

#: The options of a bond about which nobody said anything (Documentation/networking/bonding.rst).
FRESH_BOND = {
    "ad_select": "stable 0",
    "all_slaves_active": "0",
    "arp_all_targets": "any 0",
    "arp_interval": "0",
    "arp_missed_max": "2",
    "arp_validate": "none 0",
    "downdelay": "0",
    "fail_over_mac": "none 0",
    "lacp_active": "on 1",
    "lacp_rate": "slow 0",
    "lp_interval": "1",
    "miimon": "0",
    "min_links": "0",
    "num_grat_arp": "1",
    "num_unsol_na": "1",
    "packets_per_slave": "1",
    "peer_notif_delay": "0",
    "primary_reselect": "always 0",
    "resend_igmp": "1",
    "tlb_dynamic_lb": "1",
    "updelay": "0",
    "use_carrier": "1",
    "xmit_hash_policy": "layer2 0",
}
#: Those that only this mode shows.
FRESH_LACP = {"ad_actor_sys_prio": "65535", "ad_actor_system": "00:00:00:00:00:00", "ad_user_port_key": "0"}


def expected(example: Path) -> Observed:
    """What is written out for an example, and what every node and every bond has."""
    path = EXPECTED / example.name
    assert path.exists(), f"write to {path} what {example.name} makes of a node"
    # Every value is a text: 52:54:00:00:00:01 would be a number otherwise.
    written = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    links = {name: with_defaults(link) for name, link in written["links"].items()}
    return Observed(
        {"lo": LOOPBACK, **links},
        {"lo": LOOPBACK_ADDRESSES, **written["addresses"]},
        sorted(written["routes"]),
    )


def with_defaults(link: Dict[str, Any]) -> Attributes:
    if "bonding" not in link:
        return link
    lacp = FRESH_LACP if link["bonding"]["mode"] == "802.3ad 4" else {}
    return {**link, "bonding": {**FRESH_BOND, **lacp, **link["bonding"]}}


def test_every_expectation_has_its_example() -> None:
    assert {path.name for path in EXPECTED.glob("*.yaml")} == {path.name for path in EXAMPLES}


def test_examples_are_good_without_a_warning() -> None:
    run = warm.run("check", "--exit-on-validation-errors", *map(str, EXAMPLES))
    assert run.status == 0, run
    assert run.output.splitlines() == [f"{example}: good" for example in EXAMPLES]
    assert run.errors == ""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(node: Node, example: Path) -> None:
    wanted = expected(example)
    fresh = observe(), identities()

    first = warm.run(*node.arguments(example, "--noop"))
    assert first.status == 2, first
    assert (observe(), identities()) == fresh

    applied = node.run(example)
    assert applied.status == 2, applied
    assert applied.errors == ""
    assert observe() == wanted
    links = identities()

    second, calls = tracing.traced(node.directory, *node.arguments(example))
    assert (second.status, second.output, second.errors) == (0, NO_CHANGE, "")
    assert tracing.writes(calls) == []
    assert {one.type for one in tracing.requests(calls)} == tracing.QUESTIONS

    last = warm.run(*node.arguments(example, "--noop", "--format", "json"))
    assert last.status == 0, last
    assert (last.json["changed"], last.json["changes"], last.json["steps"]) == (False, [], [])
    assert (observe(), identities()) == (wanted, links)
