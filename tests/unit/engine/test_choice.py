"""What a boot applies, by what was applied before and what the config file says now."""

from __future__ import annotations

from typing import List, Optional, Sequence

import pytest

from os_net_config.engine.choice import Choice, File, choose
from os_net_config.engine.target import APPLIED, DIED, TAKEN_BACK, Generation, Target, digest_of

PATH = "/etc/os-net-config/config.yaml"
#: The file on the node was written then, in seconds since 1970.
WRITTEN = 500.0


def generation(number: int, text: str, outcome: str = APPLIED, path: str = PATH) -> Generation:
    """Each was noted a hundred seconds after the one before."""
    reason = "" if outcome == APPLIED else "the gateway does not answer"
    command = ("os-net-config",)
    return Generation(number, path, digest_of(text), number * 100.0, 1, "root", command, outcome, reason)


def chosen(target: Target, text: Optional[str], changed: float = WRITTEN) -> Choice:
    return choose(target, File(PATH, text, changed))


def order(choice: Choice) -> Sequence[object]:
    return ["the file" if one is None else one.number for one in choice.order]


DIED_ONCE = generation(1, "bad", TAKEN_BACK)._replace(reason=DIED)
OLD, NEW, BAD = generation(1, "old"), generation(2, "new"), generation(3, "bad", TAKEN_BACK)


@pytest.mark.parametrize(
    ("known", "current", "text", "expected"),
    [
        pytest.param([], 0, "new", ["the file"], id="a first boot"),
        pytest.param([], 0, None, ["the file"], id="nothing at all: an error that names the file"),
        pytest.param([OLD, NEW], 2, "new", [2, 1], id="the target is what the file says"),
        pytest.param([OLD], 1, "new", ["the file", 1], id="a new file, and the target if it fails"),
        pytest.param([OLD, NEW], 2, None, [2, 1], id="no file any more"),
        pytest.param([OLD, NEW, BAD], 2, "bad", [2, 1], id="the file was taken back"),
        pytest.param([BAD._replace(number=1)], 0, "bad", [], id="it was, and there is nothing else"),
        pytest.param([DIED_ONCE], 0, "bad", ["the file"], id="its run died, and there is nothing else"),
        pytest.param(
            [DIED_ONCE._replace(when=WRITTEN + 1)],
            0,
            "bad",
            ["the file"],
            id="it was written before that run",
        ),
        pytest.param([OLD, DIED_ONCE._replace(number=2)], 1, "bad", [1], id="its run died"),
        pytest.param([OLD, NEW, BAD], 2, "worse", ["the file", 2, 1], id="it has changed since"),
        pytest.param([OLD, NEW, OLD._replace(number=3)], 3, "new", ["the file", 3, 2], id="written anew"),
        pytest.param(
            [OLD, NEW, generation(6, "old")], 6, "new", [6, 2], id="rolled back from, and not written since"
        ),
        pytest.param(
            [OLD, NEW, generation(3, "old")],
            3,
            "new",
            ["the file", 3, 2],
            id="rolled back from, and written since",
        ),
        pytest.param(
            [BAD._replace(number=1), generation(2, "bad")], 2, "bad", [2], id="taken back once, and good then"
        ),
        pytest.param(
            [OLD, generation(2, "bad", TAKEN_BACK, "/root/other.yaml")],
            1,
            "bad",
            ["the file", 1],
            id="another file with that text was taken back",
        ),
    ],
)
def test_what_is_tried(
    known: List[Generation], current: int, text: Optional[str], expected: Sequence[object]
) -> None:
    assert order(chosen(Target(current, tuple(known)), text)) == expected


def test_a_text_that_was_taken_back_is_not_new_whenever_it_was_written() -> None:
    assert order(chosen(Target(2, (OLD, NEW, BAD)), "bad", changed=10**9)) == [2, 1]


def test_why_a_file_is_not_applied_is_said() -> None:
    (remark,) = chosen(Target(2, (OLD, NEW, BAD)), "bad").remarks
    assert remark.startswith(f"{PATH} is not applied again until it changes: it was taken back on ")
    assert "(the gateway does not answer)" in remark
    (remark,) = chosen(Target(2, (OLD, NEW)), None).remarks
    assert remark == f"{PATH} is gone: the config that it had is applied"
