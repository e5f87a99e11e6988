import itertools
import time
from datetime import timedelta

import pytest

from plugin.errors import GiveUp, NotVerified
from plugin.secrets import CODE_LENGTH, CODE_LETTERS, Keyring, draw_code, new_key, new_pepper, subject_hash

OLD, NEW, OTHER = "old-" * 8, "new-" * 8, "other-" * 8
HOUR = timedelta(hours=1)


def test_what_is_encrypted_can_be_read_again_and_not_seen() -> None:
    token = Keyring([OLD]).encrypt("a Saleor token")
    assert "Saleor" not in token
    assert Keyring([OLD]).decrypt(token) == "a Saleor token"


def test_a_new_first_key_reads_the_old_and_rotates_it() -> None:
    token = Keyring([OLD]).encrypt("secret")
    both = Keyring([NEW, OLD])
    assert both.decrypt(token) == "secret"
    assert Keyring([NEW]).decrypt(both.rotate(token)) == "secret"
    assert Keyring([NEW]).decrypt(both.encrypt("secret")) == "secret"


#: Tokens differ from run to run, so tests are named by what is wrong with them: several processes collect them.
CLOSED = {
    "empty": "",
    "nonsense": "nonsense",
    "another key": Keyring([OTHER]).encrypt("secret"),
    "only signed": Keyring([OLD]).sign("x", "y"),
}


@pytest.mark.parametrize("token", CLOSED.values(), ids=CLOSED.keys())
def test_what_no_key_opens_is_a_matter_for_a_person(token: str) -> None:
    keyring = Keyring([NEW, OLD])
    with pytest.raises(GiveUp, match="RETENTION_SECRET_KEYS"):
        keyring.decrypt(token)
    with pytest.raises(GiveUp, match="RETENTION_SECRET_KEYS"):
        keyring.rotate(token)


def test_a_signed_token_carries_its_data() -> None:
    data = {"shop": 7, "customer": "VXNlcjox"}
    assert Keyring([OLD]).unsign("basket", Keyring([OLD]).sign("basket", data), HOUR) == data


def test_a_token_for_the_day_is_the_same_all_day_and_counts_from_its_first_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ring, day = Keyring([OLD]), timedelta(days=1)
    now = time.time() // 86_400 * 86_400

    def at(moment: float) -> str:
        monkeypatch.setattr(time, "time", lambda: moment)
        return ring.sign_for_the_day("basket", 7, "x")

    first = at(now + 1)
    assert at(now + 86_399) == first
    assert ring.unsign("basket", first, day) == [7, "x"]
    assert at(now + 86_400) != first
    monkeypatch.setattr(time, "time", lambda: now + 86_401)
    with pytest.raises(NotVerified):
        ring.unsign("basket", first, day)


def test_a_token_signed_with_an_older_key_still_counts() -> None:
    assert Keyring([NEW, OLD]).unsign("basket", Keyring([OLD]).sign("basket", 1), HOUR) == 1
    assert Keyring([NEW]).unsign("basket", Keyring([NEW, OLD]).sign("basket", 1), HOUR) == 1


def forged() -> list[tuple[str, str, timedelta]]:
    good = Keyring([OLD]).sign("basket", {"shop": 7})
    # Not the last letter: two of its bits mean nothing, so that another may stand for the same signature.
    altered = good[:-5] + ("A" if good[-5] != "A" else "B") + good[-4:]
    return [
        ("basket", "", HOUR),
        ("basket", "nonsense", HOUR),
        ("basket", altered, HOUR),
        ("basket", "x" + good, HOUR),
        ("other purpose", good, HOUR),
        ("basket", Keyring([OTHER]).sign("basket", {"shop": 7}), HOUR),
        ("basket", Keyring([OLD]).encrypt("secret"), HOUR),
        ("basket", good, timedelta(seconds=-1)),
    ]


@pytest.mark.parametrize(("purpose", "token", "max_age"), forged(), ids=itertools.count())
def test_anything_else_is_refused_with_one_answer(purpose: str, token: str, max_age: timedelta) -> None:
    with pytest.raises(NotVerified) as caught:
        Keyring([NEW, OLD]).unsign(purpose, token, max_age)
    assert str(caught.value) == "This link or token is not valid, or not any more: ask for a new one."


def test_a_keyring_does_not_show_its_keys() -> None:
    assert OLD not in repr(Keyring([OLD]))
    with pytest.raises(ValueError):
        Keyring([])


def test_a_subject_is_known_again_by_the_same_pepper_only() -> None:
    pepper = new_pepper()
    assert subject_hash(pepper, "ada@example.com") == subject_hash(pepper, "ada@example.com")
    assert subject_hash(pepper, "ada@example.com") != subject_hash(pepper, "bob@example.com")
    assert subject_hash(pepper, "ada@example.com") != subject_hash(new_pepper(), "ada@example.com")
    assert len(subject_hash(pepper, "ada@example.com")) == 16


def test_codes_have_no_letters_that_look_alike() -> None:
    codes = {draw_code() for _ in range(2000)}
    assert len(codes) == 2000
    assert {len(code) for code in codes} == {CODE_LENGTH}
    assert set().union(*codes) == set(CODE_LETTERS)
    assert len(set(CODE_LETTERS)) == 32
    assert not set(CODE_LETTERS) & set("IO01")


def test_new_keys_are_long_enough() -> None:
    assert len(new_key()) >= 32
    assert new_key() != new_key()
