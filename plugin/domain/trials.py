"""One to oneself: a need that a merchant makes up, apart from those of customers."""

_PREFIX = "trial:"


def trial_episode(number: int) -> str:
    """The campaign's trials for one customer are counted from 1."""
    return f"{_PREFIX}{number}"


def is_trial(episode: str | None) -> bool:
    return episode is not None and episode.startswith(_PREFIX)
