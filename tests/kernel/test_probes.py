"""Probes ask real peers on the other side of a cable, and take back what breaks the way to them."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import time
from pathlib import Path
from typing import Iterator, List, Sequence

import pytest

from os_net_config.backends.probes import ask
from os_net_config.config.probes import parse
from os_net_config.state.model import State
from os_net_config.state.probe import Question, questions

from .support.asked import read
from .support.node import Node, ip
from .support.observed import observe
from .support.servers import listening, make_certificate, names, web
from .support.site import config, vlan
from .support.traffic import answering, arrivals
from .test_rollback import TAKEN_BACK

pytestmark = pytest.mark.rotating

GATEWAY, GATEWAY6 = "10.10.0.1", "2001:db8:10::1"
OWN = ["10.10.0.10/24", "2001:db8:10::10/64"]
DEFAULTS = [f"{{default: true, next_hop: '{GATEWAY}'}}", f"{{default: true, next_hop: '{GATEWAY6}'}}"]
#: Seconds that a question has, and that an answer which comes takes at the most on a busy machine.
SHORT, SOON = 1, 5


def network(
    number: int = 10, own: Sequence[str] = OWN, routes: Sequence[str] = DEFAULTS, more: str = ""
) -> str:
    """All of the node's network is one VLAN."""
    return config("{type: interface, name: nic1}", vlan(number, f"device: nic1{more}", own, routes))


#: The switch does not have it.
ELSEWHERE = network(11)
#: What breaks the way to the gateway, and whether that is seen only by waiting for an answer.
BROKEN = {
    "another VLAN": (ELSEWHERE, True),
    "another cable": (ELSEWHERE.replace("nic1", "nic2").replace("vlan_id: 11", "vlan_id: 10"), True),
    "no default routes": (network(own=["10.11.0.10/24"], routes=[]), False),
}
#: A command that works as long as the gateway does.
CONNECT = f"bash -c 'exec 3<>/dev/tcp/{GATEWAY}/5672'"
#: A change that hurts nobody.
HARMLESS = network(more=", mtu: 1400")


@pytest.fixture
def site(node: Node) -> Node:
    """A node whose gateway is at the switch."""
    with node.at_the_switch():
        ip(
            "link add link sw1 name sw1.10 type vlan id 10",
            "link set sw1.10 up",
            f"address add {GATEWAY}/24 dev sw1.10",
            f"address add {GATEWAY6}/64 dev sw1.10 nodad",
        )
    node.applied(network())
    return node


def answers_of(text: str, seconds: float = SOON) -> List[str]:
    """Why what is asked for a probe was not answered; empty for each that was."""
    asked = questions(parse(text), read())
    found = ask(dict.fromkeys(asked, seconds), lambda _: False)
    return [found[one] for one in asked]


@contextlib.contextmanager
def unplugged(node: Node) -> Iterator[None]:
    with node.at_the_switch():
        ip("link set sw1.10 down")
    try:
        yield
    finally:
        with node.at_the_switch():
            ip("link set sw1.10 up", f"address replace {GATEWAY6}/64 dev sw1.10 nodad")


def does_not_answer_echo_requests(node: Node) -> None:
    with node.at_the_switch():
        for file in ("net/ipv4/icmp_echo_ignore_all", "net/ipv6/icmp/echo_ignore_all"):
            Path("/proc/sys", file).write_text("1", encoding="ascii")


# What is asked


@pytest.mark.parametrize("text", ["gateway", f"ping:{GATEWAY}", f"ping:{GATEWAY6}"])
def test_a_neighbour(site: Node, text: str) -> None:
    assert set(answers_of(text)) == {""}
    with unplugged(site):
        assert set(answers_of(text, SHORT)) == {"no answer within 1 s"}
    assert set(answers_of(text)) == {""}


def test_a_gateway_is_asked_by_both_means_and_families(site: Node) -> None:
    assert answers_of("gateway") == [""] * 4
    does_not_answer_echo_requests(site)
    assert sorted(answers_of("gateway", SHORT)) == ["", "", "no answer within 1 s", "no answer within 1 s"]


def test_a_link_local_gateway(site: Node) -> None:
    with site.at_the_switch():
        ip("address add fe80::1/64 dev sw1.10 nodad")
    ip("route replace ::/0 via fe80::1 dev vlan10 proto static")
    assert answers_of("ping:fe80::1%vlan10") == [""]
    assert answers_of("gateway") == [""] * 4
    with unplugged(site):
        assert set(answers_of("gateway", SHORT)) == {"no answer within 1 s"}


@pytest.mark.parametrize("host", [GATEWAY, GATEWAY6])
def test_a_port(site: Node, host: str) -> None:
    text = f"tcp:[{host}]:5672" if ":" in host else f"tcp:{host}:5672"
    with listening(site, host, 5672):
        assert answers_of(text) == [""]
    assert answers_of(text, SHORT) == ["Connection refused"]


def test_a_web_server(site: Node) -> None:
    text = f"http://{GATEWAY}:8080/health?deep=1"
    for status in (200, 404):
        with web(site, GATEWAY, 8080, status):
            assert answers_of(text) == [""]
    with web(site, GATEWAY, 8080, 503):
        assert answers_of(text, SHORT) == ["the answer is 503 Service Unavailable"]
    with listening(site, GATEWAY, 8080):
        assert answers_of(text, SHORT) == ["no answer within 1 s"]
    assert answers_of(text, SHORT) == ["Connection refused"]


def test_a_web_server_with_a_certificate_that_nobody_knows(site: Node) -> None:
    with web(site, GATEWAY, 8443, certificate=make_certificate(site)):
        assert answers_of(f"https://{GATEWAY}:8443") == [""]


@pytest.fixture
def resolver() -> Iterator[None]:
    """The node asks the gateway for names. /etc is the lab's own."""
    path = Path("/etc/resolv.conf")
    before = path.read_bytes() if path.exists() else None
    path.unlink(missing_ok=True)
    path.write_text(f"nameserver {GATEWAY}\n", encoding="ascii")
    yield
    path.unlink()
    if before is not None:
        path.write_bytes(before)


@pytest.mark.usefixtures("resolver")
def test_a_name(site: Node) -> None:
    with names(site, GATEWAY, "service.example"):
        assert answers_of("dns:service.example") == [""]
        assert answers_of("dns:other.example", SHORT) == ["Name or service not known"]
    with unplugged(site):
        start = time.monotonic()
        assert answers_of("dns:service.example", SHORT) == ["no answer within 1 s"]
        # Its own patience is five seconds for each question.
        assert time.monotonic() - start < SHORT + 2


def test_a_command(site: Node) -> None:
    assert answers_of("command:sh -c 'exit 0'") == [""]
    assert answers_of("command:sh -c 'exit 3'", SHORT) == ["exit status 3"]
    assert answers_of("command:sh -c 'kill -9 $$'", SHORT) == ["ended by SIGKILL"]
    assert answers_of("command:/nowhere/it is", SHORT) == ["/nowhere/it: No such file or directory"]


def test_a_command_that_does_not_end(site: Node) -> None:
    """It and what it started are gone when the time is over."""
    pids = site.directory / "pids"
    text = f"command:sh -c 'trap : TERM; sleep 60 & echo $! $$ > {pids}; wait; sleep 60'"
    assert answers_of(text, SHORT) == ["no answer within 1 s"]
    for pid in pids.read_text(encoding="ascii").split():
        assert has_ended_soon(int(pid))


def has_ended_soon(pid: int) -> bool:
    """Those that are killed with another one end while that one is waited for, or a moment later."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError as error:
        # The latter of one that is being waited for.
        assert error.errno in {errno.ESRCH, errno.EINVAL}
        return True
    try:
        return bool(select.select([descriptor], [], [], SOON)[0])
    finally:
        os.close(descriptor)


def test_questions_are_asked_side_by_side(site: Node) -> None:
    asked = {questions(parse(f"tcp:{GATEWAY}:{port}"), State())[0]: SHORT for port in range(1, 30)}
    start = time.monotonic()
    answers = ask(asked, lambda _: False)
    assert set(answers.values()) == {"Connection refused"}
    assert len(answers) == 29
    assert time.monotonic() - start < 3 * SHORT


def test_nobody_waits_when_there_is_enough(site: Node) -> None:
    slow, quick = (
        Question(parse(text), "command", text[8:]) for text in ("command:sleep 60", "command:true")
    )
    start = time.monotonic()
    assert ask({slow: 30, quick: 30}, bool) == {quick: ""}
    assert time.monotonic() - start < SOON


# What becomes of a change


@pytest.mark.acceptance
def test_traffic_is_back_soon_after_a_change_that_breaks_the_way_to_the_gateway(site: Node) -> None:
    before = observe()
    deadline = 2
    with answering(site.switch, "10.10.0.10") as moments:
        run = site.apply(ELSEWHERE, "--probe", f"gateway,deadline={deadline}")
    assert run.status == 4, run
    assert "gateway 10.10.0.1 (vlan11) does not answer any more" in run.errors
    assert TAKEN_BACK in run.errors
    silence = max(later - earlier for earlier, later in zip(moments, moments[1:]))
    # Otherwise nothing was broken.
    assert silence > deadline
    assert silence < deadline + 1
    assert observe() == before


@pytest.mark.acceptance
@pytest.mark.parametrize(("broken", "takes_waiting"), BROKEN.values(), ids=BROKEN)
def test_datagrams_arrive_again_soon(site: Node, broken: str, takes_waiting: bool) -> None:
    """Numbered ones of both families, from another namespace."""
    deadline = 2
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(arrivals(site.switch, one.partition("/")[0])) for one in OWN]
        run = site.apply(broken, "--probe", f"gateway,deadline={deadline}")
    assert run.status == 4, run
    assert run.errors.startswith("ERROR: probe gateway") and TAKEN_BACK in run.errors, run
    for stream in streams:
        silence = max(new.moment - old.moment for old, new in zip(stream, stream[1:]))
        assert (deadline if takes_waiting else 0) < silence < deadline + 1
        assert stream[-1].number - stream[0].number >= len(stream), "nothing was broken"


def is_taken_back(node: Node, text: str, probe: str, message: str) -> None:
    before = observe()
    run = node.apply(text, "--probe", f"{probe},deadline=2")
    assert run.status == 4, run
    assert run.errors.startswith(f"ERROR: {message}"), run
    assert TAKEN_BACK in run.errors
    assert observe() == before


@pytest.mark.parametrize(
    "probe, message",
    [
        (f"ping:{GATEWAY}", f"probe ping:{GATEWAY} does not answer any more (no answer within 2 s)"),
        (f"ping:{GATEWAY6}", f"probe ping:{GATEWAY6} does not answer any more (no answer within 2 s)"),
        (f"tcp:{GATEWAY}:5672", f"probe tcp:{GATEWAY}:5672 does not work any more ("),
        (f"http://{GATEWAY}:8080/", f"probe http://{GATEWAY}:8080/ does not work any more ("),
        (f"command:{CONNECT}", f"probe command:{CONNECT} does not work any more ("),
    ],
)
def test_a_change_that_breaks_it_is_taken_back(site: Node, probe: str, message: str) -> None:
    with listening(site, GATEWAY, 5672), web(site, GATEWAY, 8080):
        is_taken_back(site, ELSEWHERE, probe, message)


@pytest.mark.usefixtures("resolver")
def test_a_change_that_breaks_names_is_taken_back(site: Node) -> None:
    with names(site, GATEWAY, "service.example"):
        probe = "dns:service.example"
        is_taken_back(site, ELSEWHERE, probe, f"probe {probe} does not work any more (")


def test_a_change_that_breaks_nothing_stays(site: Node) -> None:
    with listening(site, GATEWAY, 5672), web(site, GATEWAY6, 8080):
        probes = ("gateway", f"ping:{GATEWAY}", f"tcp:{GATEWAY}:5672", f"http://[{GATEWAY6}]:8080/")
        site.applied(HARMLESS, *(word for probe in probes for word in ("--probe", probe)))


def test_of_a_gateway_that_answers_no_echo_requests(site: Node) -> None:
    """What it did not answer before is not required; that it is there is."""
    does_not_answer_echo_requests(site)
    site.applied(HARMLESS, "--probe", "gateway,deadline=1")
    is_taken_back(
        site, ELSEWHERE, "gateway", f"probe gateway {GATEWAY} (vlan11) does not answer any more (ARP: "
    )


def test_an_address_that_the_gateway_has_no_way_to(site: Node) -> None:
    """It answers ARP, and its packets go elsewhere."""
    wrong = network(own=["10.10.1.10/16", OWN[1]])
    message = f"probe gateway {GATEWAY} (vlan10) does not answer any more (echo requests: "
    is_taken_back(site, wrong, "gateway", message)


def test_a_gateway_in_the_place_of_another(site: Node) -> None:
    other = network(routes=["{default: true, next_hop: 10.10.0.2}", DEFAULTS[1]])
    is_taken_back(site, other, "gateway", "probe gateway: 10.10.0.2 (vlan10) does not answer (ARP: ")
    with site.at_the_switch():
        ip("address add 10.10.0.2/24 dev sw1.10")
    site.applied(other, "--probe", "gateway,deadline=2")


def test_a_default_route_that_goes(site: Node) -> None:
    gone = "probe gateway: there is no IPv6 default gateway any more"
    is_taken_back(site, network(routes=DEFAULTS[:1]), "gateway", gone)


def test_what_did_not_work_before_is_not_counted(site: Node) -> None:
    run = site.apply(ELSEWHERE, "--probe", f"tcp:{GATEWAY}:5672,deadline=1")
    assert (run.status, run.errors) == (
        2,
        f"WARNING: probe tcp:{GATEWAY}:5672 does not work before the change (Connection refused):"
        " it is not counted\n",
    )


def test_what_is_required_has_to_work_even_so(site: Node) -> None:
    run = site.apply(ELSEWHERE, "--probe-required", f"tcp:{GATEWAY}:5672,deadline=1")
    assert run.status == 4, run
    assert f"ERROR: probe tcp:{GATEWAY}:5672 does not work (" in run.errors
    assert TAKEN_BACK in run.errors


def test_a_change_that_brings_what_is_required(node: Node) -> None:
    with node.at_the_switch():
        ip("link add link sw1 name sw1.10 type vlan id 10", "link set sw1.10 up",
           f"address add {GATEWAY}/24 dev sw1.10")  # fmt: skip
    only4 = network(own=OWN[:1], routes=DEFAULTS[:1])
    assert (
        node.apply(network(11, OWN[:1], DEFAULTS[:1]), "--probe-required", "gateway,deadline=1").status == 4
    )
    node.applied(only4, "--probe-required", "gateway")


def test_a_node_without_a_gateway_pays_nothing(node: Node) -> None:
    start = time.monotonic()
    node.applied(network(routes=[]), "--probe", "gateway,deadline=60")
    assert time.monotonic() - start < SOON


def test_no_change_no_probe(site: Node) -> None:
    touched = site.directory / "touched"
    run = site.apply(network(), "--probe-required", f"command:touch {touched}")
    assert run.status == 0, run
    site.applied(HARMLESS, "--probe-required", f"command:touch {touched}")
    assert touched.exists()
    touched.unlink()
    assert site.apply(network(), "--noop", "--probe", f"command:touch {touched}").status == 2
    assert not touched.exists()


def test_probes_of_the_file(site: Node) -> None:
    probes = [{"probe": "gateway", "deadline": 2}, f"ping:{GATEWAY},deadline=2"]
    run = site.apply(f"{ELSEWHERE}probes: {json.dumps(probes)}\n")
    assert run.status == 4, run
    assert TAKEN_BACK in run.errors


def test_a_run_says_what_it_waits_for(site: Node) -> None:
    run = site.apply(HARMLESS, "--verbose", "--probe", f"ping:{GATEWAY}")
    assert run.errors.count(f"INFO: waiting up to 5 s for probe ping:{GATEWAY}\n") == 2, run


def test_a_command_may_be_interrupted_while_we_are_not(site: Node) -> None:
    """Signals that a run keeps to itself while it writes are open to the command."""
    site.applied(HARMLESS, "--probe-required", "command:sh -c 'timeout 0.2 sleep 30; test $? = 124'")
