"""The texts of probes, on the command line and in the file's section ``probes``."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, Sequence, Tuple
from urllib.parse import urlsplit

from ..state.probe import GATEWAY, LONGEST, PING, Probe, is_link_local
from ..state.problem import Problem
from ..state.values import show_address
from . import formats
from .words import did_you_mean

SECTION = "probes"

_DEADLINE = re.compile(r",deadline=([^,]*)$")
#: RFC 3986, 2: anything else is written by its percent signs.
_URL = re.compile("[!-~]+")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")


def parse(text: str) -> Probe:
    """``KIND[:WHAT][,deadline=SECONDS]``. Raises ValueError with the reason in the user's words."""
    text = text.strip()
    if not text.isprintable():
        raise ValueError("a probe is one line of text that can be shown")
    said = _DEADLINE.search(text)
    body = text[: said.start()] if said else text
    kind, _, rest = body.partition(":")
    if kind not in _KINDS:
        raise ValueError(_no_kind(kind))
    probe = _KINDS[kind](body, rest)
    return probe._replace(deadline=_seconds(said.group(1))) if said else probe


def read(entries: Sequence[Any]) -> Tuple[List[Probe], List[Problem]]:
    """The section of an accepted document, where each entry is a text or a mapping."""
    probes, problems = [], []
    for number, entry in enumerate(entries):
        if isinstance(entry, str):
            probes.append(parse(entry))
        elif entry is not None:
            probe = parse(entry["probe"])
            if "deadline" in entry and _DEADLINE.search(entry["probe"].strip()):
                path = (SECTION, number, "deadline")
                problems.append(Problem(path, "the probe's text says one as well", "keep one of them"))
            required = entry.get("required", False)
            probes.append(probe._replace(deadline=entry.get("deadline", probe.deadline), required=required))
    return probes, problems


def together(probes: Iterable[Probe], rename: Callable[[str], str]) -> Tuple[Probe, ...]:
    """Each thing once: the last one's deadline counts, and it is required if one of them says so."""
    found: Dict[Tuple[object, ...], Probe] = {}
    for probe in probes:
        one = probe._replace(link=rename(probe.link)) if probe.link else probe
        what = (one.kind, one.target, one.port, one.link)
        required = one.required or (what in found and found[what].required)
        found[what] = one._replace(required=required)
    return tuple(found.values())


def _no_kind(word: str) -> str:
    meant = did_you_mean(word, _KINDS) or f"; possible are {', '.join(FORMS)}"
    return f"{word!r} is no kind of probe{meant}"


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LONGEST))):
        raise ValueError(f"deadline={text} is not a number of seconds from 1 to {LONGEST}")
    if not 1 <= int(text) <= LONGEST:
        raise ValueError(f"deadline={text} is not in 1..{LONGEST}")
    return int(text)


def _gateway(text: str, rest: str) -> Probe:
    if text != GATEWAY:
        raise ValueError(f"gateway stands alone: it asks all default gateways; write ping:{rest} to ask one")
    return Probe(text, GATEWAY)


def _ping(text: str, rest: str) -> Probe:
    address, percent, link = rest.partition("%")
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    target = show_address(formats.ip_address(address))
    if is_link_local(target) and not link:
        raise ValueError(f"{target} is on every link: write ping:{target}%LINK")
    if percent and not is_link_local(target):
        raise ValueError(f"{target} needs no link: write ping:{target}")
    return Probe(text, PING, target, link=formats.link_name(link) if link else "")


def _tcp(text: str, rest: str) -> Probe:
    host, colon, port = rest.rpartition(":")
    if not colon or host.endswith(":") or (":" in host and not host.startswith("[")):
        hint = f"[{rest}]:22" if ":" in rest else f"{rest or 'HOST'}:22"
        raise ValueError(f"{rest!r} is not HOST:PORT: write tcp:{hint} for port 22")
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65535):
        raise ValueError(f"port {port!r} is not in 1..65535")
    return Probe(text, "tcp", _host(host), int(port))


def _host(text: str) -> str:
    """A name, or an address; one of IPv6 in brackets."""
    if text.startswith("["):
        if not text.endswith("]"):
            raise ValueError(f"{text!r} lacks its closing bracket")
        return show_address(formats.ip_address(text[1:-1]))
    if re.fullmatch(r"[0-9.]+", text):
        return show_address(formats.ip_address(text))
    return _name(text)


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not a host's name")
    return text


def _dns(text: str, rest: str) -> Probe:
    return Probe(text, "dns", _name(rest))


def _url(text: str, rest: str) -> Probe:
    kind = text.partition(":")[0]
    if not rest.startswith("//") or not _URL.fullmatch(text):
        raise ValueError(f"{text!r} is no URL: write {kind}://HOST[:PORT]/PATH")
    parts = urlsplit(text)
    if parts.username is not None:
        raise ValueError("a probe's URL takes no user and password: they would stand in the log")
    # A port that is none is an error of its own.
    if not parts.hostname or parts.port == 0:
        raise ValueError(f"{text!r} names no host and port that can be reached")
    _host(f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname)
    return Probe(text, kind, text)


def _command(text: str, rest: str) -> Probe:
    import shlex

    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise ValueError(f"command: {error}") from error
    if not words:
        raise ValueError("command needs a program: write command:PROGRAM ARGUMENTS")
    return Probe(text, "command", rest)


_KINDS: Mapping[str, Callable[[str, str], Probe]] = {
    GATEWAY: _gateway,
    PING: _ping,
    "tcp": _tcp,
    "dns": _dns,
    "http": _url,
    "https": _url,
    "command": _command,
}
#: How each is written.
FORMS = (
    "gateway", "ping:ADDRESS", "tcp:HOST:PORT", "dns:NAME", "http://HOST/PATH", "https://HOST/PATH",
    "command:PROGRAM",
)  # fmt: skip
