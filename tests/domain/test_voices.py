"""What texts of campaigns are by default in a voice; what somebody wrote stays."""

import pytest

from plugin.domain.tactic import Tactic
from plugin.domain.voices import Voice, spoken
from plugin.extensions import load_tactics
from plugin.tactics.free_shipping import TACTIC as FREE_SHIPPING
from plugin.tactics.win_back import TACTIC as WIN_BACK

DEFAULT = WIN_BACK.params().text


def test_there_and_back() -> None:
    playful = spoken(WIN_BACK.params(), WIN_BACK.voices, Voice.PLAYFUL)
    assert playful.text == WIN_BACK.voices[Voice.PLAYFUL]["text"]
    assert spoken(playful, WIN_BACK.voices, Voice.WARM).text == DEFAULT
    assert spoken(playful, WIN_BACK.voices, None) is playful


def test_what_somebody_wrote_stays() -> None:
    own = WIN_BACK.params(text="Ours: {offer} {code}")
    assert spoken(own, WIN_BACK.voices, Voice.PLAIN) == own


def test_each_text_by_itself() -> None:
    mixed = FREE_SHIPPING.params(earned="Done!")
    said = spoken(mixed, FREE_SHIPPING.voices, Voice.WARM)
    assert (said.earned, said.text) == ("Done!", FREE_SHIPPING.voices[Voice.WARM]["text"])


@pytest.mark.parametrize("tactic", load_tactics().values(), ids=lambda tactic: tactic.key)
def test_the_texts_of_every_voice_may_be_saved(tactic: Tactic[object]) -> None:
    for voice in tactic.voices:
        said = spoken(tactic.params(), tactic.voices, voice)
        assert list(tactic.check(said)) == list(tactic.check(tactic.params()))
