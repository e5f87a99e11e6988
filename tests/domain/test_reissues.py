"""The keys of codes that take the place of others."""

import pytest

from plugin.domain.ladders import episode_of, need_of
from plugin.domain.reissues import first_episode, is_reissue, next_episode


@pytest.mark.parametrize(
    ("episode", "following"),
    [
        ("T3JkZXI6MQ==", "T3JkZXI6MQ==~again:2"),
        ("T3JkZXI6MQ==~again:2", "T3JkZXI6MQ==~again:3"),
        ("T3JkZXI6MQ==~again:9", "T3JkZXI6MQ==~again:10"),
        ("T3JkZXI6MQ==#2", "T3JkZXI6MQ==#2~again:2"),
    ],
)
def test_each_has_one_that_follows(episode: str, following: str) -> None:
    assert next_episode(episode) == following
    assert is_reissue(following)
    assert first_episode(following) == first_episode(episode)


@pytest.mark.parametrize("episode", ["O1", "O1#2", "trial:1", "", None])
def test_what_was_given_first_is_none(episode: str | None) -> None:
    assert not is_reissue(episode)


def test_the_need_is_the_same_whichever_step_and_however_often() -> None:
    assert {need_of(next_episode(episode_of("O1", step))) for step in (1, 2, 3)} == {"O1"}
