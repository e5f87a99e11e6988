"""A code in the place of one whose order was cancelled: the same need once more, under a key of its own.

A code is used in one order, so the codes of an episode count its cancelled orders: what keeps one episode from
giving twice keeps one cancelled order from it, too.
"""

_AGAIN = "~again:"


def next_episode(episode: str) -> str:
    """Of the code that takes the place of this episode's: the first's is the second."""
    first, _, number = episode.partition(_AGAIN)
    return f"{first}{_AGAIN}{int(number or 1) + 1}"


def is_reissue(episode: str | None) -> bool:
    return episode is not None and _AGAIN in episode


def first_episode(episode: str) -> str:
    """What the first code was given under, whichever this is."""
    return episode.partition(_AGAIN)[0]
