"""One page for everybody, kept true: written, left to the merchant with the reason, or taken back."""

import json
from dataclasses import dataclass, replace
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

    @property
    def over(self) -> bool:
        """A page that we made was here; what is left of it is its model."""
        return self.written is None and self.refused is None


States = dict[tuple[str, str], State]


def states(house: House, shop_id: int) -> States:
    """By the model's page type and the channel."""
    read = [state for state in _all_states(house, shop_id) if not state.over]
    return {(state.model.page_type, state.channel): state for state in read}


def _all_states(house: House, shop_id: int) -> list[State]:
    with house.database.read() as connection:
        return [_state(page) for page in pages.of_shop(connection, shop_id)]


def pages_written(house: House, shop_id: int) -> list[Written]:
    """What of the shop's pages is ours."""
    return [state.written for state in _all_states(house, shop_id) if state.written is not None]


def models_made(house: House, shop_id: int) -> list[Model]:
    """Those of which a page of ours was ever made, and with it what the shop lacked of page type and attributes."""
    made = [one for one in _all_states(house, shop_id) if one.over or (one.written and one.written.made is Made.PAGE)]
    return [model for model in MODELS.values() if any(state.model is model for state in made)]


async def keep_page(
    house: House, shop: Shop, saleor: Saleor, model: Model, channel: str, values: Values | None, state: State | None
) -> None:
    """Makes the page say so, where it may; None for nothing of ours any more. Raises `TryLater`, `TokenRefused`."""
    written = None if state is None else state.written
    if values is None:
        if state is not None:
            await _take_back(house, shop, saleor, state)
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


async def _take_back(house: House, shop: Shop, saleor: Saleor, state: State) -> None:
    written = state.written
    if written is not None:
        await withdraw_page(saleor, written)
    if written is not None and written.made is Made.PAGE:
        over = replace(state, written=None, refused=None, looked_at=house.clock())
        await anyio.to_thread.run_sync(_save, house, shop.shop_id, over)
    else:
        await anyio.to_thread.run_sync(_forget, house, shop.shop_id, state)


def _forget(house: House, shop_id: int, state: State) -> None:
    with house.database.write() as connection:
        pages.forget(connection, shop_id, state.model.slug(state.channel), state.model.first)


def forget_pages(house: House, shop_id: int) -> None:
    for state in _all_states(house, shop_id):
        _forget(house, shop_id, state)


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
