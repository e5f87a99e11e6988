"""A field in which products and their kin are searched by name and chosen: what it asks for, and what it shows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import anyio

from admin_ui.language import N_, Language
from plugin.errors import RetentionError, TokenRefused, TryLater, sentence_of
from plugin.saleor import catalogue
from plugin.saleor.answers import NotPermitted
from plugin.saleor.catalogue import Item, Sort
from plugin.saleor.client import Saleor
from plugin.saleor.scope import is_id

#: Seconds that somebody waits for Saleor's answer.
PATIENCE = 6.0
LONGEST_TEXT = 100


@dataclass(frozen=True, slots=True)
class What:
    """One thing that can be asked for."""

    sort: Sort
    search: str
    #: The slug or the SKU is stored, and not Saleor's id.
    by_slug: bool = False


#: By the word that stands in a field's `names`, and for what a segment asks of orders.
WHATS: Mapping[str, What] = {
    "product": What(Sort.PRODUCT, N_("Search products by name")),
    "collection": What(Sort.COLLECTION, N_("Search collections by name")),
    "product_type": What(Sort.TYPE, N_("Search product types by name")),
    "type_slug": What(Sort.TYPE, N_("Search product types by name"), by_slug=True),
    "sku": What(Sort.VARIANT, N_("Search variants by name or SKU"), by_slug=True),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the list."""

    value: str
    #: None where it is not known what it is called.
    name: str | None
    chosen: bool = False
    #: What tells it from others of the same name.
    detail: str = ""
    #: Stored, and not in the shop any more.
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    choices: Sequence[Choice]
    #: How the search went; empty where nothing was searched.
    said: str = ""
    #: What went wrong; empty where nothing did.
    problem: str = ""


def as_stored(chosen: Collection[str]) -> list[Choice]:
    """Before anybody was asked what they are called."""
    return [Choice(value, None, chosen=True) for value in chosen if value]


async def look(
    saleor: Saleor, what: What, text: str, chosen: Sequence[str], language: Language, *, free: bool = False
) -> Shown:
    """The chosen by their names, then what is found. free: what is no id may be a name of old orders."""
    stored = as_stored(chosen)
    try:
        with anyio.fail_after(PATIENCE):
            known = await catalogue.named(saleor, what.sort, chosen) if chosen else {}
            found = await catalogue.search(saleor, what.sort, text) if text else None
    except (RetentionError, TimeoutError) as error:
        return Shown(stored, problem=_problem(error, language))
    named = [_chosen(value, known.get(value), what, free) for value in chosen if value]
    if found is None:
        return Shown(named)
    mine = {one.id for one in known.values()}
    offered = [item for item in found.items if item.id not in mine]
    return Shown(
        [*named, *(_choice(item, what) for item in offered)], _said(found.items, offered, found.more, language)
    )


def _choice(item: Item, what: What) -> Choice:
    return Choice(item.slug if what.by_slug else item.id, item.name, detail=item.slug)


def _chosen(value: str, item: Item | None, what: What, free: bool) -> Choice:
    """It keeps the value that is stored."""
    if item is not None:
        return Choice(value, item.name, chosen=True, detail=item.slug)
    return Choice(value, None, chosen=True, gone=not free or is_id(value, what.sort))


def _said(items: Sequence[Item], offered: Sequence[Item], more: bool, language: Language) -> str:
    _ = language._
    if not items:
        return _("Nothing is called like this.")
    if not offered:
        return _("What is called like this is chosen already.")
    if more:
        text = N_("The first {n} that are called like this: say more of the name to see others.")
        return _(text, n=language.number(len(offered)))
    return language.plural(len(offered), "{n} found.", "{n} found.")


def _problem(error: Exception, language: Language) -> str:
    _ = language._
    match error:
        case NotPermitted():
            return _("Saleor does not let the app see products: give it the permission to manage products.")
        case TokenRefused():
            return _("Saleor does not take the app's token any more: install the app again.")
        case TryLater() | TimeoutError():
            return _("Saleor does not answer. What is chosen stays; search again in a moment.")
        case _:
            return _("Saleor could not answer: {why}", why=language.said(sentence_of(error)))
