"""Who is left alone on purpose, so that what a campaign earns can be told from what would have come anyway."""

import hashlib
from enum import StrEnum


class Arm(StrEnum):
    TREATED = "treated"
    CONTROL = "control"


def arm_of(customer_id: int, salt: str, control_share: float) -> Arm:
    """The same customer gets the same arm for the same salt, on any machine.

    `control_share` between 0 and 1. The customer's id and the campaign's salt are hashed to 64 bits,
    which are uniform, so the share holds within its sampling error.
    """
    digest = hashlib.blake2b(f"{salt}:{customer_id}".encode(), digest_size=8).digest()
    return Arm.CONTROL if int.from_bytes(digest) < control_share * 2**64 else Arm.TREATED
