"""Periods as Procrastinate takes them: a cron line with a sixth column for seconds."""

from datetime import timedelta

DAY_SECONDS = 86_400


def cron(period: timedelta) -> str:
    """The line that runs once a period. Raises `ValueError` for a period that does not divide a minute, hour or day."""
    seconds = int(period.total_seconds())
    if seconds == DAY_SECONDS:
        return "0 3 * * *"
    if seconds >= 1 and DAY_SECONDS % seconds == 0:
        if 60 % seconds == 0 and seconds < 60:
            return f"* * * * * */{seconds}"
        if seconds % 60 == 0 and 3600 % seconds == 0 and seconds < 3600:
            return f"*/{seconds // 60} * * * *"
        if seconds % 3600 == 0:
            return f"0 */{seconds // 3600} * * *"
    raise ValueError(f"{period} cannot be said by cron: choose one that divides a minute, an hour or a day.")
