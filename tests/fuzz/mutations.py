"""Documents that are nearly right: changes to the values, and changes to the text."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any, Callable, List, Sequence, Tuple, Union

Place = Tuple[Union[List[Any], dict[str, Any]], Any]

#: Values that some attribute might stumble over.
ODD: Sequence[Any] = (
    None, True, False, 0, 1, -1, 4095, 1 << 31, 1 << 63, 10**40, 0.5, 1500.0, 1e308, float("inf"),
    float("nan"),
    "", " ", "None", "yes", "0x10", "-5", "\u00b2", "\u0664", "a\0b", "\x1b[31m", "\ud7ff", "\U0001f600",
    "x" * 300, "9" * 5000, "192.0.2.1/33", "1.2.3.4/", "::/129", "fe80::1%eth0", "192.0.2.1/255.0.255.0",
    "metric", "metric \u00b2", "table \u00b2", "onlink", "metric 10 table 5", "mode=\u00b2",
    "mode=" + "9" * 5000,
    "mode", "mode=", "=", "primary=", "arp_ip_target=,", "nic1.", ".10", "nic1.0", "nic1.99999999999",
    "nic1:1",
    "\u00e9" * 12, [], [[]], [None], {}, {"": ""}, {"get_param": "x"}, "{{ template }}",
)  # fmt: skip


def places(root: Any) -> List[Place]:
    """Every place in a document that holds a value: (container, key)."""
    found: List[Place] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        keys: Sequence[Any] = list(node) if isinstance(node, dict) else range(len(node))
        for key in keys:
            found.append((node, key))
            if isinstance(node[key], (dict, list)) and node[key]:
                waiting.append(node[key])
    return found


def of_values(random: Random, root: Any, most: int = 3) -> Any:
    """One to ``most`` changes to a document, in place."""
    for _ in range(random.randint(1, most)):
        found = places(root) if isinstance(root, (dict, list)) and root else []
        if not found:
            return deepcopy(random.choice(ODD))
        random.choice(_CHANGES)(random, random.choice(found), found)
    return root


def _put_odd(random: Random, place: Place, _: List[Place]) -> None:
    place[0][place[1]] = deepcopy(random.choice(ODD))


def _swap(random: Random, place: Place, found: List[Place]) -> None:
    """Two values of the document change places, unless one would stand in itself."""
    other = random.choice(found)
    mine, theirs = place[0][place[1]], other[0][other[1]]
    if not isinstance(mine, (dict, list)) and not isinstance(theirs, (dict, list)):
        place[0][place[1]], other[0][other[1]] = theirs, mine


def _drop(random: Random, place: Place, _: List[Place]) -> None:
    del place[0][place[1]]


def _misspell(random: Random, place: Place, _: List[Place]) -> None:
    holder, key = place
    if isinstance(holder, dict):
        cut = random.randrange(len(key) + 1)
        holder[random.choice((key[:cut] + key[cut + 1 :], key[:cut] + "x" + key[cut:], key.upper()))] = (
            holder.pop(key)
        )


def _retype(random: Random, place: Place, _: List[Place]) -> None:
    value = place[0][place[1]]
    forms: List[Callable[[], Any]] = [lambda: [value], lambda: {"value": value}, lambda: str(value)]
    if isinstance(value, list) and len(value) == 1:
        forms.append(lambda: value[0])
    place[0][place[1]] = random.choice(forms)()


def _repeat(random: Random, place: Place, _: List[Place]) -> None:
    if isinstance(place[0], list):
        place[0].insert(place[1], place[0][place[1]])


_CHANGES: Sequence[Callable[[Random, Place, List[Place]], None]] = (
    _put_odd, _put_odd, _swap, _drop, _misspell, _retype, _repeat,
)  # fmt: skip


def of_lines(random: Random, text: str, most: int = 3) -> str:
    """One to ``most`` changes to the lines of a text."""
    lines = text.split("\n")
    for _ in range(random.randint(1, most)):
        at = random.randrange(len(lines))
        line = lines[at]
        lines[at : at + 1] = random.choice(
            (
                [],
                [line, line],
                [" " + line],
                [line[1:]],
                ["\t" + line],
                [line[: len(line) // 2]],
                [line.replace(":", "", 1)],
                [line.replace(": ", ":", 1)],
                [line + " ]"],
                [line.replace("- ", "-", 1)],
                [f"{{{{ {line} }}}}"],
                [line, random.choice(lines)],
                ["<<<<<<< HEAD", line],
            )
        ) or [""] * (len(lines) == 1)
    return "\n".join(lines)


_BYTES = (
    b"", b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\r", b"\x85",
    b"&", b"*", b"!", b"?", b"- ", b": ", b"{", b"[", b'"', b"%",
)  # fmt: skip


def of_bytes(random: Random, data: bytes, most: int = 8) -> bytes:
    """Bytes put in, taken out, changed; the whole cut off somewhere."""
    changed = bytearray(data)
    for _ in range(random.randint(1, most)):
        at = random.randrange(len(changed) + 1)
        changed[at : at + random.randrange(3)] = random.choice((*_BYTES, bytes([random.randrange(256)])))
    if random.random() < 0.2:
        del changed[random.randrange(len(changed) + 1) :]
    return bytes(changed)
