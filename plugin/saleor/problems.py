"""Trouble that the merchant sees in the Dashboard, beside the app's name."""

from plugin.saleor.client import Saleor

#: Saleor refuses other keys; a message above 2048 characters it cuts by itself.
KEY_LENGTHS = range(3, 129)
#: Raised again within so long, a problem is counted up and not shown twice.
AGGREGATION_MINUTES = 7 * 24 * 60


async def raise_problem(saleor: Saleor, key: str, message: str, *, critical: bool = False) -> None:
    if len(key) not in KEY_LENGTHS:
        raise ValueError(f"A problem's key has 3 to 128 characters, not {len(key)}.")
    problem = {"key": key, "message": message, "aggregationPeriod": AGGREGATION_MINUTES}
    await saleor.call("ProblemRaise", input={**problem, "criticalThreshold": 1} if critical else problem)


async def dismiss_problem(saleor: Saleor, key: str) -> None:
    """All problems of that key are over; none of it is no error."""
    await saleor.call("ProblemDismiss", key=key)
