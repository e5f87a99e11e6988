"""Answers that go wrong on purpose."""

from dataclasses import dataclass
from typing import Any

KINDS = {"hang", "html", "half", "reset"}


@dataclass(slots=True)
class Fault:
    #: an HTTP status, or one of KINDS
    status: int | str
    times: int = 1
    #: only requests whose operation names this root field; None for every request
    operation: str | None = None
    #: the mutation happens, and then its answer is lost
    after_commit: bool = False


def read_fault(given: dict[str, Any]) -> Fault:
    """ValueError for what is no fault."""
    status = given.get("status")
    if not (isinstance(status, int) and 400 <= status < 600) and status not in KINDS:
        raise ValueError(f"status must be from 400 to 599 or one of {sorted(KINDS)}")
    operation = given.get("operation")
    return Fault(status, int(given.get("times", 1)), operation, bool(given.get("after_commit", False)))


class Faults:
    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def take(self, fields: set[str]) -> Fault | None:
        """The next fault for a request with these root fields."""
        for fault in self.waiting:
            if fault.operation is None or fault.operation in fields:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                return fault
        return None
