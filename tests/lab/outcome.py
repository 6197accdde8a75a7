"""How a run in the lab can fail, and the exit statuses that tell it from the command's own."""

from __future__ import annotations

from typing import Sequence

TIME_LIMIT = 124
LAB_FAILURE = 125


class LabError(Exception):
    """The lab failed, so the command did not run, or not to its end."""

    status = LAB_FAILURE

    def with_console(self, where: str, lines: Sequence[str]) -> LabError:
        """The same error, saying where the console's log is and what its last lines are."""
        quoted = "".join(f"\n  | {line}" for line in lines)
        return type(self)(f"{self}; the console's log is {where}, its last lines are{quoted}")


class TimeLimitError(LabError):
    """The command took too long."""

    status = TIME_LIMIT

    @classmethod
    def after(cls, seconds: float) -> TimeLimitError:
        """The error after so many seconds."""
        return cls(f"the command did not end within the time limit of {seconds:g} s")


class Interrupted(BaseException):
    """A signal asked this process to end."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.status = 128 + signal_number
