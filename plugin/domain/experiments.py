"""Who is left alone on purpose, so that what a campaign earns can be told from what would have come anyway."""

import hashlib
from enum import StrEnum


class Arm(StrEnum):
    TREATED = "treated"
    CONTROL = "control"


def arm_of(customer_id: int, salt: str, control_share: float) -> Arm:
    """The same customer gets the same arm for the same salt, on any machine.

    `control_share` between 0 and 1.
    """
    return Arm.CONTROL if in_share(customer_id, salt, control_share) else Arm.TREATED


def explores(customer_id: int, salt: str, share: float) -> bool:
    """Whether this customer is given to although they would buy anyway; independent of the arm."""
    return in_share(customer_id, f"{salt}:explore", share)


def in_share(customer_id: int, salt: str, share: float) -> bool:
    """The customer's id and the salt are hashed to 64 bits, which are uniform: so the share holds within its
    sampling error.
    """
    digest = hashlib.blake2b(f"{salt}:{customer_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) < share * 2**64
