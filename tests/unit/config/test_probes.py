"""The words of probes, on the command line and in a file."""

from __future__ import annotations

from typing import List

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from os_net_config.config.probes import FORMS, parse, together
from os_net_config.state.probe import Probe
from tests.fuzz.grammar import FORMATS

from ..properties import quick
from ..runs import NODE, Runs

NIC = "network_config:\n- {type: interface, name: eth0, mtu: 9000}\n"


@pytest.mark.parametrize(
    "text, probe",
    [
        ("gateway", Probe("gateway", "gateway")),
        ("gateway,deadline=20", Probe("gateway", "gateway", deadline=20)),
        ("ping:10.0.0.1", Probe("ping:10.0.0.1", "ping", "10.0.0.1")),
        ("ping:2001:DB8::0:1", Probe("ping:2001:DB8::0:1", "ping", "2001:db8::1")),
        ("ping:[2001:db8::1],deadline=1", Probe("ping:[2001:db8::1]", "ping", "2001:db8::1", deadline=1)),
        ("ping:fe80::1%nic1", Probe("ping:fe80::1%nic1", "ping", "fe80::1", link="nic1")),
        ("tcp:10.0.0.1:22", Probe("tcp:10.0.0.1:22", "tcp", "10.0.0.1", 22)),
        ("tcp:[2001:db8::1]:22", Probe("tcp:[2001:db8::1]:22", "tcp", "2001:db8::1", 22)),
        ("tcp:db.example.com:5432", Probe("tcp:db.example.com:5432", "tcp", "db.example.com", 5432)),
        ("dns:example.com.", Probe("dns:example.com.", "dns", "example.com.")),
        ("http://[2001:db8::1]:80/a?b", Probe(text := "http://[2001:db8::1]:80/a?b", "http", text)),
        ("https://example.com", Probe("https://example.com", "https", "https://example.com")),
        (
            "command:/bin/check 'a b',c,deadline=600",
            Probe("command:/bin/check 'a b',c", "command", "/bin/check 'a b',c", deadline=600),
        ),
    ],
)
def test_what_is_understood(text: str, probe: Probe) -> None:
    assert parse(text) == probe


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "'' is no kind of probe; possible are gateway, ping:ADDRESS, tcp:HOST:PORT"),
        ("pign:10.0.0.1", "'pign' is no kind of probe; did you mean ping?"),
        ("gateways", "'gateways' is no kind of probe; did you mean gateway?"),
        (
            "gateway:10.0.0.1",
            "gateway stands alone: it asks all default gateways; write ping:10.0.0.1 to ask",
        ),
        ("gateway,deadline=0", "deadline=0 is not in 1..600"),
        ("gateway,deadline=601", "deadline=601 is not in 1..600"),
        ("gateway,deadline=2s", "deadline=2s is not a number of seconds from 1 to 600"),
        ("gateway,dedline=2", "'gateway,dedline=2' is no kind of probe"),
        ("ping:example.com", "'example.com' is not an IPv4 or IPv6 address"),
        ("ping:fe80::1", "fe80::1 is on every link: write ping:fe80::1%LINK"),
        ("ping:10.0.0.1%eth0", "10.0.0.1 needs no link: write ping:10.0.0.1"),
        ("tcp:10.0.0.1", "'10.0.0.1' is not HOST:PORT: write tcp:10.0.0.1:22 for port 22"),
        ("tcp:2001:db8::1:22", "'2001:db8::1:22' is not HOST:PORT: write tcp:[2001:db8::1:22]:22 for"),
        ("tcp:10.0.0.1:0", "port '0' is not in 1..65535"),
        ("tcp:10.0.0.1:65536", "port '65536' is not in 1..65535"),
        ("tcp:10.0.0.256:22", "'10.0.0.256' is not an IPv4 or IPv6 address"),
        ("tcp:[2001:db8::1:22", "'[2001:db8::1' lacks its closing bracket"),
        ("dns:", "'' is not a host's name"),
        ("dns:a b", "'a b' is not a host's name"),
        ("http:example.com", "'http:example.com' is no URL: write http://HOST[:PORT]/PATH"),
        ("http:///health", "'http:///health' names no host and port"),
        ("http://10.0.0.1:0/", "'http://10.0.0.1:0/' names no host and port"),
        ("http://me:word@10.0.0.1/", "a probe's URL takes no user and password"),
        ("http://10.0.0.1/ü", "'http://10.0.0.1/ü' is no URL"),
        ("http://a..b/", "'a..b' is not a host's name"),
        ("command:", "command needs a program: write command:PROGRAM ARGUMENTS"),
        ("command:sh -c 'a", "command: No closing quotation"),
        ("command:a\nb", "a probe is one line of text"),
    ],
)
def test_what_is_not(text: str, says: str) -> None:
    with pytest.raises(ValueError) as error:
        parse(text)
    assert str(error.value).startswith(says)


@quick(300)
@given(
    st.one_of(
        st.text(),
        st.builds(
            lambda kind, rest: f"{kind}{rest}", st.sampled_from([*FORMS, "tcp:", "http://"]), st.text()
        ),
        st.randoms().map(FORMATS["probe"]),
    )
)
@example("http://[::1")
@example("http://a:b/")
@example("tcp:[]:1")
@example("ping:[")
def test_any_text_is_understood_or_an_error_in_words(text: str) -> None:
    try:
        probe = parse(text)
    except ValueError as error:
        assert str(error)
    else:
        assert parse(f"{probe.text},deadline={probe.deadline}") == probe


def test_each_is_asked_once() -> None:
    """The last one's deadline counts."""
    asked = [parse("ping:fe80::1%nic1,deadline=9"), parse("gateway")._replace(required=True)]
    more = [parse("gateway,deadline=7"), parse("ping:fe80::1%eth0,deadline=3")]
    found = together([*asked, *more], {"nic1": "eth0", "eth0": "eth0"}.__getitem__)
    assert [(one.kind, one.link, one.deadline, one.required) for one in found] == [
        ("ping", "eth0", 3, False),
        ("gateway", "", 7, True),
    ]


# In a file


@pytest.mark.parametrize(
    "section, says",
    [
        ("- pign:a", "3:3: probes[0]: 'pign' is no kind of probe; did you mean ping? (for example gateway)"),
        ("- gateway\n- [ping]", "4:3: probes[1]: a list stands where a text is expected"),
        (
            "- {probe: gateway, deadline: 0}",
            "3:30: probes[0].deadline: 0 is not in 1..600",
        ),
        ("- {probe: 'tcp:a'}", "3:11: probes[0].probe: 'a' is not HOST:PORT: write tcp:a:22 for port 22"),
        ("- {deadline: 5}", "3:3: probes[0]: probe is missing (add probe: gateway)"),
        (
            "- {probe: 'gateway,deadline=3', deadline: 5}",
            "3:43: probes[0].deadline: the probe's text says one as well (keep one of them)",
        ),
        (
            "- {prob: gateway}",
            "3:4: probes[0].prob: unknown attribute, and probe is missing (did you mean probe?)",
        ),
    ],
)
def test_a_mistake_in_a_file(run: Runs, section: str, says: str) -> None:
    run.write("config.yaml", f"# first\nprobes:\n{section}\n{NIC}")
    found = run("check", "config.yaml")
    assert found.status == 1
    assert found.errors[0].startswith(f"config.yaml:{says}")


def statuses(run: Runs, probes: str, *options: str) -> List[int]:
    """Of a run with this section, and of one that shows the plan."""
    run.write("config.yaml", f"{NIC}probes: {probes}\n")
    words = ("-c", "config.yaml", *NODE, "--detailed-exit-codes", *options)
    return [run(*words, "--noop").status, run(*words).status]


@pytest.mark.parametrize("probes", ["", "null", "[]", "[null]", "command:true", "[{probe: 'command:true'}]"])
def test_a_section_that_lets_the_change_through(run: Runs, probes: str) -> None:
    assert statuses(run, probes) == [2, 2]


def test_a_section_that_does_not(run: Runs) -> None:
    """In a dry run nothing is asked."""
    assert statuses(run, "[{probe: 'command:false', deadline: 1, required: yes}]") == [2, 4]


def test_one_of_the_command_line_makes_that_of_the_file_required(run: Runs) -> None:
    run_of_both = statuses(run, "command:false,deadline=1", "--probe-required", "command:false,deadline=1")
    assert run_of_both == [2, 4]
