"""Numbers of the kernel's headers, where they are installed (linux-libc-dev)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict

HEADERS = Path("/usr/include/linux")


def headers(*files: str) -> Dict[str, int]:
    """The constants of these headers that are written as enumerations or plain numbers."""
    found: Dict[str, int] = {}
    for file in files:
        text = re.sub(
            r"/\*.*?\*/|//[^\n]*", "", (HEADERS / file).read_text(encoding="utf-8"), flags=re.DOTALL
        )
        for body in re.findall(r"\benum\b[^{;]*\{(.*?)\}", text, flags=re.DOTALL):
            number = 0
            for entry in re.sub(r"#[^\n]*", "", body).split(","):
                name, _, given_as = (part.strip() for part in entry.partition("="))
                # One entry may be another name for an earlier one.
                number = found[given_as] if given_as in found else number_given(given_as, number)
                if name:
                    found.setdefault(name, number)
                number += 1
        for name, digits in re.findall(r"#define\s+(\w+)\s+(0x[0-9a-fA-F]+|\d+)\s", text):
            found[name] = int(digits, 0)
    return found


def number_given(text: str, following: int) -> int:
    shifted = re.fullmatch(r"1\s*<<\s*(\d+)", text)
    if shifted is not None:
        return 1 << int(shifted[1])
    return int(text, 0) if re.fullmatch(r"0x[0-9a-fA-F]+|\d+", text) else following
