"""What has nothing to change, or only looks, does not write: neither to the kernel nor to a file.

Seen from outside, by strace and by an nlmon link, since what the program counts itself is no proof.
The second run of every example is seen in the same way in test_examples.py.
"""

from __future__ import annotations

from typing import Tuple

import pytest

from .support import listening, tracing
from .support.node import Node
from .support.observed import identities, observe
from .support.program import CHECKOUT, NO_CHANGE

pytestmark = pytest.mark.rotating

EXAMPLE = CHECKOUT / "examples" / "controller.yaml"

REFUSED = """\
network_config:
- {type: interface, name: nic1, addresses: [{ip_netmask: 192.0.2.10/33}]}
"""


@pytest.mark.parametrize(
    ("status", "options"),
    [
        (2, ("--noop", "--format", "json")),
        (2, ("--noop", "--no-activate")),
        (0, ("--interfaces",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_looking_does_not_write(node: Node, status: int, options: Tuple[str, ...]) -> None:
    before = observe(), identities()
    run, calls = tracing.traced(node.directory, *node.arguments(EXAMPLE, *options))
    assert run.status == status, run
    assert tracing.writes(calls) == []
    assert tracing.RTM_GETLINK in {one.type for one in tracing.requests(calls)}
    assert (observe(), identities()) == before


def test_what_is_for_the_next_boot_reaches_no_kernel(node: Node) -> None:
    before = observe(), identities()
    run, calls = tracing.traced(node.directory, *node.arguments(EXAMPLE, "--no-activate"))
    assert run.status == 2, run
    opened = [one for one in tracing.writes(calls) if one.startswith("openat(")]
    assert opened and not [one for one in opened if "/proc/" in one or "/sys/" in one]
    assert {one.type for one in tracing.requests(calls)} <= tracing.QUESTIONS
    assert (observe(), identities()) == before


def test_checking_does_not_even_ask(node: Node) -> None:
    run, calls = tracing.traced(node.directory, "check", str(EXAMPLE))
    assert run.status == 0, run
    assert tracing.writes(calls) == []
    assert tracing.requests(calls) == []


def test_a_file_that_is_refused(node: Node) -> None:
    run, calls = tracing.traced(node.directory, *node.arguments(node.file("config.yaml", REFUSED)))
    assert run.status == 1, run
    assert tracing.writes(calls) == []


def test_dry_run_without_changes(node: Node) -> None:
    assert node.run(EXAMPLE).status == 2
    run, calls = tracing.traced(node.directory, *node.arguments(EXAMPLE, "--noop"))
    assert (run.status, run.output) == (0, NO_CHANGE), run
    assert tracing.writes(calls) == []


def test_second_run_as_the_kernel_hears_it(node: Node) -> None:
    if not listening.is_possible():
        pytest.skip("the kernel has no nlmon links: modprobe nlmon")
    with listening.heard() as first:
        assert node.run(EXAMPLE).status == 2
    assert not all(one.only_asks for one in first if one.is_request), "nothing was heard"
    with listening.heard() as second:
        assert node.run(EXAMPLE).output == NO_CHANGE
    assert {one.type for one in second if one.is_request} == tracing.QUESTIONS
    assert [one for one in second if one.is_notice] == []


def test_a_run_that_writes_is_seen(node: Node) -> None:
    """Otherwise the tests above prove nothing."""
    run, calls = tracing.traced(node.directory, *node.arguments(EXAMPLE))
    assert run.status == 2, run
    assert not all(one.only_asks for one in tracing.requests(calls))
    found = tracing.writes(calls)
    assert any("/lock" in text for text in found)
    assert any(text.startswith("sendto") for text in found)
