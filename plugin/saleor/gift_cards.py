"""Store credit: gift cards that one customer can use, signed in; each function can be run again."""

from datetime import date

from plugin.domain.money import Money
from plugin.domain.offers import Offer
from plugin.domain.phrases import phrase
from plugin.errors import AlreadyExists, Gone, OutcomeUnknown
from plugin.saleor.client import Saleor

#: Private metadata of our cards, so that one is known again whose making was never answered.
KEY = "retention.decision"


async def make_gift_card(
    saleor: Saleor,
    *,
    code: str,
    user_id: str,
    offer: Offer,
    expires_on: date,
    decision_id: int,
    note: str,
    look_first: bool = False,
) -> str:
    """Saleor's id of the card with this code that was made for this decision; made where it is missing.

    look_first: an earlier attempt may have made it. `AlreadyExists` means that the code is somebody
    else's: draw another. After `OutcomeUnknown`, call again with `look_first`.
    """
    if look_first and (found := await find_gift_card(saleor, code, decision_id)):
        return found
    money = Money(offer.value, offer.currency or "").rounded()
    try:
        data = await saleor.call(
            "GiftCardCreate",
            input={
                "code": code,
                "balance": {"amount": str(money.amount), "currency": money.currency},
                "assignedTo": user_id,
                "expiryDate": expires_on.isoformat(),
                "isActive": True,
                "note": note,
                "privateMetadata": [{"key": KEY, "value": str(decision_id)}],
            },
        )
    except (AlreadyExists, OutcomeUnknown) as error:
        if found := await find_gift_card(saleor, code, decision_id):
            return found
        if isinstance(error, OutcomeUnknown):
            raise
        raise AlreadyExists(
            phrase("The code {code} is in use elsewhere in this shop.", code=code), names=(code,)
        ) from error
    return str(data["giftCardCreate"]["giftCard"]["id"])


async def find_gift_card(saleor: Saleor, code: str, decision_id: int) -> str | None:
    """Saleor's id of the card with this code, if it was made for this decision."""
    async for card in saleor.pages("GiftCardsFound", "giftCards", code=code):
        if card["privateMetafield"] == str(decision_id):
            return str(card["id"])
    return None


async def deactivate_gift_card(saleor: Saleor, card_id: str) -> None:
    """The card pays nothing any more; one that is gone already, or off, is no error."""
    try:
        await saleor.call("GiftCardDeactivate", id=card_id)
    except Gone:
        return
