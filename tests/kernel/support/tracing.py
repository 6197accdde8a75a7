"""What a process does to the rest of the world, as strace sees it from outside."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from .messages import Message, messages
from .program import CHECKOUT, COMMAND, Run, environment

#: A file that is looked for between two runs, and is not there.
MARK = "/between/two/runs"
#: Seconds.
_TIME_LIMIT = 240

RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETRULE = 18, 22, 26, 34
#: What has to be asked to know a node's state.
QUESTIONS = {RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_GETRULE}

_OPENS = ("open", "openat", "openat2", "creat")
_SENDS = ("sendto", "sendmsg", "sendmmsg")
_WRITES = ("write", "writev", "pwrite64", "pwritev", "pwritev2", "sendfile", "splice", "copy_file_range")
#: Whatever comes of them, a process that only reads does not call these.
_NEVER = (
    "mkdir", "mkdirat", "mknod", "mknodat", "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2",
    "link", "linkat", "symlink", "symlinkat", "truncate", "ftruncate", "fallocate", "chmod", "fchmod",
    "fchmodat", "chown", "fchown", "lchown", "fchownat", "utimensat", "utimes", "setxattr", "lsetxattr",
    "fsetxattr", "mount", "umount2", "move_mount", "pivot_root", "setns", "unshare", "sethostname", "reboot",
    "init_module", "finit_module", "delete_module", "bpf", "io_uring_setup", "kill", "tkill", "tgkill",
    "connect", "fork", "vfork", "flock",
)  # fmt: skip
_TRACED = (*_OPENS, *_SENDS, *_WRITES, *_NEVER, "execve", "ioctl", "socket", "clone", "clone3")

_LINE = re.compile(r"(?:\d+ +)?(\w+)\((.*)\) += (-?\w+|\?)")
_UNFINISHED, _RESUMED = " <unfinished ...>", re.compile(r"\d+ +<\.\.\. \w+ resumed>(.*)")
_DUMP = re.compile(r" \| [0-9a-f]{5,}  ((?:[0-9a-f]{2} +){1,16})")
_STDOUT_AND_STDERR = ("1", "2")
_READING_IOCTLS = re.compile(r"SIOCG\w+|TCGETS|TIOCGWINSZ|FIOCLEX|FIONBIO|FIONREAD")
#: Where the database of Open vSwitch is asked, and what only asks it (ovsdb-server(7), RFC 7047).
_DATABASE = re.compile(r'sun_path="[^"]*/db\.sock"')
_METHOD = re.compile(rb'"method":"(\w+)"')
_ASKING = frozenset({b"get_schema", b"monitor_cond", b"monitor_cond_since", b"set_db_change_aware"})
_WRITABLE = re.compile(r"\bO_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND)\b")


@dataclass(frozen=True)
class Call:
    """A system call, and the bytes that it sent."""

    name: str
    arguments: str
    result: str
    data: bytes = b""

    def argument(self, number: int) -> str:
        return self.arguments.split(", ")[number]

    def __str__(self) -> str:
        return f"{self.name}({self.arguments[:200]}) = {self.result}"


def traced(directory: Path, *arguments: str) -> Tuple[Run, List[Call]]:
    """Run the program under strace; what came of it, and its calls."""
    done, calls = _watched(directory, [*COMMAND, *arguments], "")
    return Run(list(arguments), done.returncode, done.stdout, done.stderr), calls


def all_traced(directory: Path, runs: Sequence[Sequence[str]]) -> Iterator[Tuple[Run, List[Call]]]:
    """The same for many runs, one after another in one process, without the start of each."""
    command = [sys.executable, "-m", f"{__package__}.many"]
    done, calls = _watched(directory, command, json.dumps([list(one) for one in runs]))
    assert done.returncode == 0, done.stderr
    parts: List[List[Call]] = [[]]
    for call in calls:
        if MARK in call.arguments:
            parts.append([])
        else:
            parts[-1].append(call)
    # Before the first mark is the start, after the last one the end.
    assert len(parts) == len(runs) + 2
    for found, part in zip(json.loads(done.stdout), parts[1:-1]):
        yield Run(*found), part


def _watched(
    directory: Path, command: Sequence[str], given: str
) -> Tuple[subprocess.CompletedProcess[str], List[Call]]:
    log = directory / "strace"
    # Python's own cache of compiled modules is no business of the program's.
    variables = {
        name: value
        for name, value in environment(PYTHONDONTWRITEBYTECODE="1").items()
        if not name.startswith("COVERAGE_")
    }
    names = ",".join(f"?{name}" for name in _TRACED)
    watch = ["strace", "-f", "--seccomp-bpf", "-o", str(log), "-e", f"trace={names}", "-e", "signal=none"]
    done = subprocess.run(
        [*watch, "-e", "write=all", *command],
        cwd=CHECKOUT,
        env=variables,
        input=given,
        capture_output=True,
        text=True,
        timeout=_TIME_LIMIT,
        check=False,
    )
    return done, list(_calls(log.read_text(encoding="utf-8").splitlines()))


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """Calls of one thread that those of another interrupt are told in two parts."""
    begun: Dict[str, str] = {}
    for line in lines:
        thread = line.partition(" ")[0]
        resumed = _RESUMED.match(line)
        if line.endswith(_UNFINISHED):
            begun[thread] = line[: -len(_UNFINISHED)]
        elif resumed is not None:
            yield begun.pop(thread) + resumed[1]
        else:
            yield line
    # Those that a thread was in at its end.
    yield from (f"{line}) = ?" for line in begun.values())


def _calls(lines: Iterable[str]) -> Iterator[Call]:
    call: Optional[Call] = None
    dump: List[str] = []
    for line in _whole(lines):
        found, piece = _LINE.match(line), _DUMP.match(line)
        if piece is not None:
            dump.append(piece[1])
        if found is None:
            continue
        if call is not None:
            yield _with_data(call, dump)
        call, dump = Call(found[1], found[2], found[3]), []
    if call is not None:
        yield _with_data(call, dump)


def _with_data(call: Call, dump: Sequence[str]) -> Call:
    return Call(call.name, call.arguments, call.result, bytes.fromhex("".join(dump)))


def requests(calls: Sequence[Call]) -> List[Message]:
    """The netlink messages that were sent, apart from those of generic netlink."""
    generic = generic_sockets(calls)
    sends = (call for call in calls if call.name in _SENDS and not _is_json(call))
    sends = (call for call in sends if call.argument(0) not in generic)
    return [message for call in sends for message in messages(call.data)]


def _is_json(call: Call) -> bool:
    return call.data.startswith(b'{"')


def writes(calls: Sequence[Call], starts: int = 1) -> List[str]:
    """Every call that changes something, or could; and programs, apart from the ``starts`` of our own."""
    programs = sum(call.name == "execve" and call.result == "0" for call in calls)
    generic = generic_sockets(calls)
    rest = (call for call in calls if not _only_asks_generically(call, generic))
    found = [str(call) for call in rest if _RULES.get(call.name, _always)(call)]
    return found if programs == starts else [*found, f"{programs - starts} other programs"]


def generic_sockets(calls: Iterable[Call]) -> Set[str]:
    """Those of generic netlink, whose messages have types and commands of their own."""
    return {call.result for call in calls if call.name == "socket" and "NETLINK_GENERIC" in call.arguments}


def _only_asks_generically(call: Call, generic: Set[str]) -> bool:
    if call.name not in _SENDS or call.argument(0) not in generic:
        return False
    sent = messages(call.data)
    return all(one.type == _CONTROL or one.payload[0] in _QUESTIONS_OF_ETHTOOL for one in sent)


#: GENL_ID_CTRL, which is asked for the number of a family.
_CONTROL = 16
#: ETHTOOL_MSG_*_GET (linux/ethtool_netlink.h).
_QUESTIONS_OF_ETHTOOL = frozenset({2, 4, 7, 9, 11, 13, 15, 17, 19, 21})


def _always(call: Call) -> bool:
    return True


def _opens_for_writing(call: Call) -> bool:
    return call.name == "creat" or bool(_WRITABLE.search(call.arguments))


def _sends_more_than_questions(call: Call) -> bool:
    if _is_json(call):
        methods = _METHOD.findall(call.data)
        return not methods or not _ASKING.issuperset(methods)
    sent = requests([call])
    return not sent or not all(message.only_asks for message in sent)


def _opens_another_socket(call: Call) -> bool:
    """Beside netlink, sockets are there for ioctls (if_nametoindex), and ioctls are judged."""
    is_netlink = "NETLINK_ROUTE" in call.arguments or "NETLINK_GENERIC" in call.arguments
    return not is_netlink and not call.arguments.startswith(("AF_UNIX", "AF_INET"))


_RULES: Mapping[str, Callable[[Call], bool]] = {
    **dict.fromkeys(_OPENS, _opens_for_writing),
    **dict.fromkeys(_SENDS, _sends_more_than_questions),
    **dict.fromkeys(_WRITES, lambda call: call.argument(0) not in _STDOUT_AND_STDERR),
    "connect": lambda call: _DATABASE.search(call.arguments) is None,
    "ioctl": lambda call: _READING_IOCTLS.fullmatch(call.argument(1)) is None,
    "socket": _opens_another_socket,
    "execve": lambda call: False,
}
