"""One page for everybody, kept true: written, left to the merchant with the reason, or taken back."""

import json
from dataclasses import dataclass
from datetime import datetime

import anyio
import structlog

from plugin.errors import GiveUp, Rejected, TokenRefused, sentence_of
from plugin.flow.house import House
from plugin.saleor.client import Saleor
from plugin.saleor.content import Made, Written, withdraw_page, write_page
from plugin.saleor.page_models import MODELS, Model, Values
from plugin.store import pages
from plugin.store.pages import KnownPage
from plugin.store.shops import Shop

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class State:
    """What became of a channel's page when it was looked at last."""

    model: Model
    channel: str
    #: None where nothing of it is ours.
    written: Written | None
    #: Why what should stand there does not; a sentence for the merchant.
    refused: str | None
    looked_at: datetime


States = dict[tuple[str, str], State]


def states(house: House, shop_id: int) -> States:
    """By the model's page type and the channel."""
    with house.database.read() as connection:
        read = [_state(page) for page in pages.of_shop(connection, shop_id)]
    return {(state.model.page_type, state.channel): state for state in read}


def pages_written(house: House, shop_id: int) -> list[Written]:
    """What of the shop's pages is ours."""
    return [state.written for state in states(house, shop_id).values() if state.written is not None]


async def keep_page(
    house: House, shop: Shop, saleor: Saleor, model: Model, channel: str, values: Values | None, state: State | None
) -> None:
    """Makes the page say so, where it may; None for nothing of ours any more. Raises `TryLater`, `TokenRefused`."""
    written = None if state is None else state.written
    if values is None:
        if state is not None:
            await _take_back(house, shop, saleor, model.slug(channel), model, written)
        return
    refused = None
    try:
        written = await write_page(saleor, model, channel, values, written)
    except TokenRefused:
        raise
    except (Rejected, GiveUp) as error:
        refused = sentence_of(error)
        log.info("default_left_alone", shop=shop.api_url, page=model.slug(channel), reason=refused)
    await anyio.to_thread.run_sync(_save, house, shop.shop_id, State(model, channel, written, refused, house.clock()))


async def _take_back(
    house: House, shop: Shop, saleor: Saleor, slug: str, model: Model, written: Written | None
) -> None:
    if written is not None:
        await withdraw_page(saleor, written)
    await anyio.to_thread.run_sync(forget_page, house, shop.shop_id, slug, model)


def forget_page(house: House, shop_id: int, slug: str, model: Model) -> None:
    with house.database.write() as connection:
        pages.forget(connection, shop_id, slug, model.first)


def _save(house: House, shop_id: int, state: State) -> None:
    written = state.written
    said = None if written is None else {"id": written.page_id, "values": written.values, "made": written.made.value}
    page = KnownPage(
        state.model.slug(state.channel),
        state.model.first,
        None if said is None else json.dumps(said),
        state.refused,
        state.looked_at,
    )
    with house.database.write() as connection:
        pages.save(connection, shop_id, page)


def _state(page: KnownPage) -> State:
    model = MODELS[page.attribute]
    channel = page.slug.removeprefix(f"{model.page}-")
    written = None
    if page.written is not None:
        said = json.loads(page.written)
        written = Written(model, channel, said["id"], said["values"], Made(said["made"]))
    return State(model, channel, written, page.refused, page.looked_at)
