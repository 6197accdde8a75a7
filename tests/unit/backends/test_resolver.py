"""resolv.conf byte by byte, what systemd-resolved keeps of a link, and a name server's text."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from os_net_config.backends import files
from os_net_config.backends.resolver import ResolverBackend, resolved
from os_net_config.backends.resolver.resolv_conf import BEGIN, END, Lists, ResolvConf, apart, joined, parsed
from os_net_config.state import dns
from os_net_config.state.diff import Change
from os_net_config.state.model import ResolverKey

OTHERS = b"""\
# by hand
nameserver 10.0.0.1 ; the old one
search old.example
options rotate
nameserver 10.0.0.2"""
OURS = Lists(("192.0.2.53", "2001:db8::53"), ("example.com",))
FILE = ResolverKey(dns.FILE)

LINES = st.lists(
    st.sampled_from(
        [b"nameserver 10.0.0.1\n", b"search a b\n", b"domain c\n", b"# x\n", b"\n", b"options rotate\n"]
    )
).map(b"".join)
NAMES = st.lists(st.sampled_from(["a.example", "b.example"]), max_size=2, unique=True).map(tuple)
SERVERS = st.lists(st.sampled_from(["192.0.2.1", "2001:db8::1"]), max_size=2, unique=True).map(tuple)
LISTS = st.builds(Lists, SERVERS, NAMES)


@pytest.mark.parametrize(
    "text, lists",
    [
        (b"", Lists()),
        (b"nameserver 10.0.0.1\nnameserver\t2001:DB8::0:1\n", Lists(("10.0.0.1", "2001:db8::1"))),
        (
            b" nameserver 10.0.0.1\n#nameserver 10.0.0.2\n;nameserver 10.0.0.3\nnameservers 10.0.0.4\n",
            Lists(),
        ),
        (b"nameserver 10.0.0.1 # one\nnameserver 10.0.0.2;two\n", Lists(("10.0.0.1", "10.0.0.2"))),
        (b"search a b\ndomain C.\n", Lists((), ("c",))),
        (b"domain c\nsearch A.example. b", Lists((), ("a.example", "b"))),
        (b"nameserver fe80::1%eth0\n", Lists(("fe80::1%eth0",))),
        (b"nameserver nonsense\xff\n", Lists(("nonsense�",))),
    ],
)
def test_lines_are_read_as_the_resolver_reads_them(text: bytes, lists: Lists) -> None:
    assert parsed(text) == lists


def test_ours_stand_first_and_replace_what_they_say() -> None:
    new = joined(OTHERS, OURS)
    assert parsed(new) == OURS
    assert new.startswith(
        BEGIN + b"nameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch example.com\n" + END
    )
    assert b"\n#os-net-config# nameserver 10.0.0.1 ; the old one\n" in new
    assert b"\noptions rotate\n" in new


def test_what_ours_do_not_say_stays() -> None:
    assert parsed(joined(OTHERS, Lists(("192.0.2.53",)))) == Lists(("192.0.2.53",), ("old.example",))
    assert parsed(joined(OTHERS, Lists((), ("a",)))) == Lists(("10.0.0.1", "10.0.0.2"), ("a",))


@given(st.one_of(st.none(), LINES, st.just(OTHERS)), LISTS, LISTS)
def test_the_file_keeps_what_it_was(content: Optional[bytes], first: Lists, second: Lists) -> None:
    new = joined(content, first)
    theirs, ours = apart(new)
    assert theirs == content
    assert parsed(ours or b"") == first
    assert joined(theirs, second) == joined(content, second)


def test_what_others_add_to_the_file_stays() -> None:
    new = joined(OTHERS, OURS) + b"\noptions edns0\n"
    assert apart(new).theirs == OTHERS + b"\noptions edns0\n"


def test_half_of_our_marks_is_not_ours() -> None:
    assert apart(BEGIN + b"nameserver 10.0.0.1\n").ours is None
    assert apart(b"\n" + joined(OTHERS, OURS)).ours is None


# The file


def step(lists: Optional[Lists], before: Optional[Lists] = None) -> Change:
    then, now = (None if one is None else one.values() for one in (before, lists))
    return Change(FILE, then, now)


def test_a_file_is_made_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    backend = ResolverBackend(ResolvConf(str(path)))
    backend.execute([step(OURS)])
    assert parsed(path.read_bytes()) == OURS
    assert backend.observe([])[FILE].values == OURS.values()
    backend.execute([step(None, OURS)])
    assert not path.exists()
    assert FILE not in backend.observe([])


def test_a_link_stays_one_and_the_mode_stays(tmp_path: Path) -> None:
    target, path = tmp_path / "real.conf", tmp_path / "resolv.conf"
    target.write_bytes(OTHERS)
    target.chmod(0o640)
    path.symlink_to("real.conf")
    backend = ResolverBackend(ResolvConf(str(path)))
    backend.execute([step(OURS)])
    assert path.is_symlink()
    assert target.read_bytes() == joined(OTHERS, OURS)
    assert target.stat().st_mode & 0o7777 == 0o640
    backend.execute([step(None, OURS)])
    assert target.read_bytes() == OTHERS


def test_one_list_of_two_changes(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    backend = ResolverBackend(ResolvConf(str(path)))
    backend.execute([step(OURS), Change(FILE, {"domains": OURS.domains}, {"domains": ("b",)})])
    assert parsed(path.read_bytes()) == Lists(OURS.servers, ("b",))


@pytest.mark.parametrize("refusal", [errno.EBUSY, errno.EROFS])
@pytest.mark.parametrize("old", [b"", OTHERS, OTHERS * 40])
def test_a_mounted_file_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int, old: bytes
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(refusal, os.strerror(refusal))

    path = tmp_path / "resolv.conf"
    path.write_bytes(old)
    number = path.stat().st_ino
    monkeypatch.setattr(files, "replace", refused)
    backend = ResolverBackend(ResolvConf(str(path)))
    backend.execute([step(OURS)])
    assert path.read_bytes() == joined(old, OURS)
    backend.execute([step(None, OURS)])
    assert path.read_bytes() == old
    assert path.stat().st_ino == number


def test_what_a_dead_run_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / ".resolv.conf.new"
    left.write_bytes(b"nameserver")
    ResolverBackend(ResolvConf(str(tmp_path / "resolv.conf"))).tidy()
    assert not left.exists()


def test_a_link_to_nowhere_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    path.symlink_to(tmp_path / "gone" / "real.conf")
    gone = tmp_path / "gone"
    assert ResolvConf(str(path)).refusal() == (
        f"it leads to {gone / 'real.conf'}, and there is no directory {gone}"
    )


# systemd-resolved


def test_what_resolved_keeps_of_a_link() -> None:
    text = b"# This is private data. Do not parse.\nLLMNR=no\n"
    text += b"SERVERS=192.0.2.1 2001:DB8::1 fe80::1%3 192.0.2.2:5353#x\nDOMAINS=Example.com ~corp.example\n"
    servers = ("192.0.2.1", "2001:db8::1", "fe80::1", "192.0.2.2:5353#x")
    assert resolved.told(text) == {"servers": servers, "domains": ("example.com", "~corp.example")}
    assert resolved.told(b"") == {"servers": (), "domains": ()}
    assert resolved.of_link("no such link") is None


@pytest.mark.parametrize(
    "text, told",
    [
        ("192.0.2.1", (2, bytes([192, 0, 2, 1]), 0, "")),
        ("2001:db8::1", (10, bytes.fromhex("20010db8") + bytes(11) + b"\1", 0, "")),
        ("192.0.2.1:53", (2, bytes([192, 0, 2, 1]), 53, "")),
        ("192.0.2.1#a.example", (2, bytes([192, 0, 2, 1]), 0, "a.example")),
        ("[::1]:5353#a", (10, bytes(15) + b"\1", 5353, "a")),
        ("::1#a", (10, bytes(15) + b"\1", 0, "a")),
    ],
)
def test_a_server_as_resolved_takes_it(text: str, told: object) -> None:
    server = resolved.Server(text)
    assert server.told == told
    assert server.is_plain == (text in {"192.0.2.1", "2001:db8::1"})
