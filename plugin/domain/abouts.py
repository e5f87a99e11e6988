"""Messages about a gift of before: whether its code still holds, and whether they come in time."""

from dataclasses import replace

from plugin.domain.effects import Tell
from plugin.domain.guardrails import Limit, Refusal
from plugin.domain.phrases import phrase
from plugin.domain.tactic import Given, View


def given_for(view: View, campaign_id: int, episode: str) -> Given | None:
    """What this campaign gave for that need and nobody took back."""
    theirs = (one for one in view.given if one.campaign_id == campaign_id and one.episode == episode)
    return next(theirs, None)


def nothing_to_tell_of(view: View, campaign_id: int, wish: Tell) -> Refusal | None:
    """Why there is nothing that the words could name; None also for words about no gift."""
    if wish.about is None:
        return None
    gift = given_for(view, campaign_id, wish.about)
    if gift is None:
        return Refusal(Limit.NO_CODE, phrase("there is no code that it could be about"))
    if gift.used:
        return Refusal(Limit.NO_CODE, phrase("the code has been used"))
    return None if gift.alive(view.now) else Refusal(Limit.NO_CODE, phrase("the offer has run out"))


def in_time(view: View, campaign_id: int, wish: Tell, refusal: Refusal) -> Refusal:
    """Put off until its offer has run out, it is refused for good."""
    if wish.about is None or refusal.again is None:
        return refusal
    gift = given_for(view, campaign_id, wish.about)
    if gift is None or refusal.again < gift.until:
        return refusal
    said = phrase("{because}, and then the offer would have run out", because=refusal.because)
    return replace(refusal, because=said, again=None)
