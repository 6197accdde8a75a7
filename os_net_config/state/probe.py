"""Probes: what has to work after a change if it worked before it. What is asked, what answers mean. Pure."""

from __future__ import annotations

import re
from typing import Dict, FrozenSet, Iterable, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from .model import RouteKey, State
from .route import MAIN_TABLE, hops
from .values import show_address

#: fe80::/10 (RFC 4291, 2.5.6).
_LINK_LOCAL = re.compile("fe[89ab][0-9a-f]:")

GATEWAY, PING = "gateway", "ping"
#: Whether a neighbour resolves: ARP, or neighbour discovery. Asked of gateways beside PING.
NEIGHBOUR = "neighbour"

#: Seconds that a probe has if nothing else is said, and the most that it can have.
DEADLINE, LONGEST = 5, 600


class Probe(NamedTuple):
    """``text`` is the user's, ``target`` what it speaks of: an address, a name, a URL, a command line.

    ``port`` is that of ``tcp``, ``link`` that of a link-local address. ``deadline`` is in seconds.
    ``required``: it has to work after the change even if it did not before.
    """

    text: str
    kind: str
    target: str = ""
    port: int = 0
    link: str = ""
    deadline: int = DEADLINE
    required: bool = False

    def __str__(self) -> str:
        return f"probe {self.text}"


class Question(NamedTuple):
    """One thing that is asked for a probe; ``kind`` says how. Two for each gateway, else one."""

    probe: Probe
    kind: str
    target: str
    link: str = ""

    def __str__(self) -> str:
        if self.probe.kind == GATEWAY:
            return f"{self.probe} {self.target} ({self.link})"
        return str(self.probe)

    @property
    def anywhere(self) -> Question:
        """The same by whatever link; but a link-local address is another one on each."""
        return self if is_link_local(self.target) else self._replace(link="")

    @property
    def family(self) -> int:
        """4 or 6, of an address."""
        return 6 if ":" in self.target else 4


#: Why each question was not answered as it should be; empty where it was. Without those that are still open.
Answers = Mapping[Question, str]
#: The questions that were answered before the change, each with its link only where that matters.
Worked = FrozenSet[Question]


class Duty(NamedTuple):
    """One of these questions has to be answered after the change; ``text`` tells that none was."""

    questions: Tuple[Question, ...]
    text: str

    def is_met(self, answers: Answers) -> bool:
        return any(answers.get(one) == "" for one in self.questions)

    def is_failed(self, answers: Answers) -> bool:
        return all(answers.get(one) for one in self.questions)


def is_link_local(address: str) -> bool:
    """Of an address in its usual form (RFC 5952)."""
    return _LINK_LOCAL.match(address) is not None


def gateways(live: State) -> List[Tuple[str, str]]:
    """The next hops of all default routes of the main table, each with its link."""
    found: Dict[Tuple[str, str], None] = {}
    for resource in live:
        key = resource.key
        if isinstance(key, RouteKey) and key.destination.length == 0 and key.table == MAIN_TABLE:
            for hop in hops(resource.values):
                if hop.gateway is not None and hop.link is not None:
                    found[show_address(hop.gateway), hop.link] = None
    return list(found)


def questions(probe: Probe, live: State) -> List[Question]:
    """What to ask for the probe on a node with this state.

    A router need not answer echo requests, but it does answer ARP or neighbour discovery. One that answers
    echo requests too proves more: packets with our address find their way back. So these are two questions,
    of which each counts if it was answered before.
    """
    if probe.kind != GATEWAY:
        return [Question(probe, probe.kind, probe.target, probe.link)]
    return [
        Question(probe, kind, address, link) for address, link in gateways(live) for kind in (NEIGHBOUR, PING)
    ]


def worked(answers: Answers) -> Worked:
    return frozenset(one.anywhere for one, reason in answers.items() if not reason)


def not_working(answers: Answers) -> List[str]:
    """In words, what does not work before the change."""
    reasons = _by_name(answers)
    return [
        f"{name} does not work before the change ({_unique(found.values())}): "
        + ("it has to after it all the same" if next(iter(found)).probe.required else "it is not counted")
        for name, found in reasons.items()
        if all(found.values())
    ]


def _by_name(answers: Answers) -> Dict[str, Dict[Question, str]]:
    found: Dict[str, Dict[Question, str]] = {}
    for one, reason in answers.items():
        found.setdefault(str(one), {})[one] = reason
    return found


def duties(probe: Probe, live: State, before: Worked) -> List[Duty]:
    """What has to work on a node that has this state after the change."""
    asked = questions(probe, live)
    held = [
        Duty((one,), f"{one} does not {_verb(probe)} any more") for one in asked if one.anywhere in before
    ]
    if probe.kind == GATEWAY:
        return [*held, *_of_families(probe, asked, before)]
    if probe.required and not held:
        return [Duty(tuple(asked), f"{probe} does not {_verb(probe)}")]
    return held


def _verb(probe: Probe) -> str:
    return "answer" if probe.kind in {GATEWAY, PING} else "work"


def _of_families(probe: Probe, asked: Sequence[Question], before: Worked) -> Iterator[Duty]:
    """A family of which a gateway answered needs one that does, though it may be another one now."""
    families = sorted({one.family for one in before if one.probe == probe})
    for family in families:
        own = tuple(one for one in asked if one.family == family)
        if not own:
            yield Duty((), f"{probe}: there is no IPv{family} default gateway any more")
        elif not any(one.anywhere in before for one in own):
            yield Duty(own, f"{probe}: {_names(own)} does not answer")
    if probe.required and not families:
        text = f"{_names(asked)} does not answer" if asked else "there is no default gateway"
        yield Duty(tuple(asked), f"{probe}: {text}")


def _names(asked: Sequence[Question]) -> str:
    return _unique(f"{one.target} ({one.link})" for one in asked)


def failures(duties: Sequence[Duty], answers: Answers) -> List[str]:
    """In words, what does not work and has to."""
    reasons: Dict[str, List[str]] = {}
    for one in duties:
        if one.is_failed(answers):
            reasons.setdefault(one.text, []).extend(_reason(each, answers) for each in one.questions)
    return [f"{text} ({_unique(found)})" if found else text for text, found in reasons.items()]


def _reason(one: Question, answers: Answers) -> str:
    by = _ASKED_BY[one.kind, one.family] if one.probe.kind == GATEWAY else ""
    return by + answers[one]


_ASKED_BY = {
    (NEIGHBOUR, 4): "ARP: ",
    (NEIGHBOUR, 6): "neighbour discovery: ",
    (PING, 4): "echo requests: ",
    (PING, 6): "echo requests: ",
}


def _unique(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(texts))
