"""The voices in which a shop speaks to its customers: what texts of campaigns are by default."""

from collections.abc import Mapping
from dataclasses import fields, replace
from enum import StrEnum
from typing import Any


class Voice(StrEnum):
    WARM = "warm"
    PLAIN = "plain"
    PLAYFUL = "playful"


#: Voice → parameter → its text. A parameter that a voice leaves out is as by default.
Voices = Mapping[Voice, Mapping[str, str]]


def spoken(params: Any, voices: Voices, voice: Voice | None) -> Any:
    """The parameters with this voice's texts, in place of those that still are a default of any voice.

    What the merchant wrote themselves stays.
    """
    if voice is None:
        return params
    changes = dict[str, str]()
    for spec in fields(params):
        known = {texts[spec.name] for texts in voices.values() if spec.name in texts}
        if known and getattr(params, spec.name) in known | {spec.default}:
            changes[spec.name] = voices.get(voice, {}).get(spec.name, str(spec.default))
    return replace(params, **changes) if changes else params
