"""How a campaign's message looks, for the admin page and the command: rendered for a sample, and sent to oneself.

Nothing of it is in the books: no decision, no code that works, and links that lead to no customer.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

import anyio
from sqlalchemy import Connection

from plugin.domain.baskets import CHECKOUT
from plugin.domain.campaigns import Campaign
from plugin.domain.message_params import messages_of
from plugin.domain.messages import Medium, Message, pieces, words_in
from plugin.domain.phrases import N_, joined, phrase
from plugin.domain.sending import looks_like_an_address
from plugin.errors import NotFound, OutcomeUnknown, Rejected, RetentionError, sentence_of
from plugin.flow.compose import day_in, link_to, sender_name
from plugin.flow.house import House
from plugin.flow.message_links import Links
from plugin.messaging.addresses import why_not
from plugin.messaging.port import Letter
from plugin.messaging.render import Frame, one_line, plain, render
from plugin.store import campaigns, customers, shops
from plugin.store.shops import Shop

#: Links made of it lead to a page that says so.
NOBODY = "preview"
NAME, CODE, DAYS = "Ann", "SAMPLE234567", 14


@dataclass(frozen=True, slots=True)
class Preview:
    subject: str
    text: str
    #: Empty for what is sent as text alone.
    html: str
    medium: Medium
    language: str | None
    #: Why this could not be sent as things stand; empty where all is set up.
    missing: tuple[str, ...]


def preview(
    house: House,
    shop_id: int,
    campaign: str,
    *,
    language: str | None = None,
    customer_id: int | None = None,
    medium: Medium | None = None,
    number: int = 1,
) -> Preview:
    """language: of the words; the customer's without it. number: which of its messages.

    Raises `Rejected` where the campaign sends no messages, or not as many.
    """
    with house.database.read() as connection:
        shop, found, message = _found(connection, house, shop_id, campaign, number)
        name = NAME
        if customer_id is not None:
            customer = customers.by_id(connection, shop_id, customer_id)
            if customer is None:
                raise NotFound(phrase("There is no customer {number}.", number=customer_id))
            name, language = one_line(customer.state.first_name), language or customer.state.language
    language = language or next(iter(message.texts))
    return _preview(house, shop, found, message, language, name, medium or message.media[0])


def preview_unsaved(
    house: House, shop_id: int, campaign: Campaign, *, number: int = 1, language: str | None = None
) -> Preview:
    """As a mail, else as what it is sent as. campaign: with the parameters that are being typed.

    Raises `Rejected` where there is no such message.
    """
    message = _numbered(campaign, number)
    medium = Medium.MAIL if Medium.MAIL in message.media else message.media[0]
    spoken = language if language and language in message.texts else next(iter(message.texts), "en")
    return _preview(house, _shop(house, shop_id), campaign, message, spoken, NAME, medium)


async def send_test(
    house: House, shop_id: int, campaign: str, to: str, language: str | None = None, number: int = 1
) -> Preview:
    """One mail to that address. Raises `Rejected`, and what the sender raises."""
    made = await anyio.to_thread.run_sync(
        lambda: preview(house, shop_id, campaign, language=language, medium=Medium.MAIL, number=number)
    )
    return await send_made(house, shop_id, made, to)


async def send_made(house: House, shop_id: int, made: Preview, to: str) -> Preview:
    """A mail that was looked at, to that address. Raises as `send_test`."""
    if made.medium is not Medium.MAIL:
        raise Rejected(phrase("This message goes by {medium}: only mails can be sent to yourself.", medium=made.medium))
    sender = house.senders.get(Medium.MAIL)
    if made.missing or sender is None:
        raise Rejected(joined(made.missing))
    if not looks_like_an_address(to):
        raise Rejected(phrase("“{address}” is no e-mail address.", address=one_line(to)))
    if (why := why_not(to)) is not None:
        raise Rejected(why)
    shop = await anyio.to_thread.run_sync(_shop, house, shop_id)
    try:
        await sender.send(_letter(shop, made, to))
    except OutcomeUnknown as error:
        raise Rejected(
            joined((sentence_of(error), phrase("Look into the mailbox before you send it again.")))
        ) from error
    except RetentionError as error:
        raise Rejected(joined((phrase("It was not sent."), sentence_of(error)))) from error
    finally:
        await sender.close()
    return made


def _letter(shop: Shop, made: Preview, to: str) -> Letter:
    return Letter(
        secrets.token_urlsafe(16),
        Medium.MAIL,
        to,
        "",
        sender_name(shop),
        shop.sending.sender_address or "",
        shop.sending.reply_to,
        f"[Test] {made.subject}",
        made.text,
        made.html,
    )


def _shop(house: House, shop_id: int) -> Shop:
    with house.database.read() as connection:
        return shops.get(connection, shop_id)


def _found(
    connection: Connection, house: House, shop_id: int, name: str, number: int
) -> tuple[Shop, Campaign, Message]:
    found = campaigns.get(connection, shop_id, name, house.tactics)
    return shops.get(connection, shop_id), found, _numbered(found, number)


def _numbered(campaign: Campaign, number: int) -> Message:
    name, messages = campaign.name, messages_of(campaign.tactic, campaign.params)
    if not messages:
        raise Rejected(
            phrase(
                "“{name}” sends no messages. `retention campaign edit {name} --set message_by=mail` has it send mails, where its tactic can.",
                name=name,
            )
        )
    if not 0 < number <= len(messages):
        raise Rejected(
            phrase(
                "“{name}” has {most} different messages; number {number} is none of them.",
                name=name,
                most=len(messages),
                number=number,
            )
        )
    return messages[number - 1]


def _preview(
    house: House, shop: Shop, campaign: Campaign, message: Message, language: str, name: str, medium: Medium
) -> Preview:
    words = words_in(message, language)
    links = Links(house, NOBODY)
    offer = next(iter(campaign.tactic.offers(campaign.params)), None)
    until = (house.clock() + timedelta(days=offer.valid_days if offer else DAYS)).astimezone(shop.zone)
    values = {
        **{token: f"[{token}]" for _, token in pieces(words.subject + words.text + words.button) if token},
        **message.values,
        "name": name,
        "shop": sender_name(shop),
        "link": links.basket() if CHECKOUT in (message.link or "") else link_to(shop, message.link),
        "unsubscribe": links.unsubscribe(),
        "preferences": links.preferences(),
        "offer": offer.label if offer else "",
        "code": CODE,
        "until": day_in(until, language),
    }
    missing = tuple(_missing(house, shop, medium))
    if medium is not Medium.MAIL:
        return Preview("", plain(words, values), "", medium, language, missing)
    frame = Frame(sender_name(shop), shop.sending.imprint, links.preferences(), links.unsubscribe())
    made = render(words, values, language, frame)
    return Preview(made.subject, made.text, made.html, medium, language, missing)


def _missing(house: House, shop: Shop, medium: Medium) -> list[str]:
    found: list[str] = []
    if medium not in house.senders:
        said = N_("Nothing is set up to send by {medium}: the operator sets {setting}.")
        found.append(phrase(said, medium=phrase(medium.value), setting=f"RETENTION_{medium.upper()}_URL"))
    if medium is Medium.MAIL and not shop.sending.sender_address:
        found.append(
            phrase("The shop has no sender's address: `retention messages set sender_address=shop@example.com`.")
        )
    if shop.sending.storefront is None:
        found.append(
            phrase(
                "The shop has said no storefront to lead to: `retention messages set storefront=https://shop.example`."
            )
        )
    return found
