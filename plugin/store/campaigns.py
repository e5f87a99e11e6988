"""Campaigns and their versions; params are read by the tactic each time, so a broken row names itself."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, select, update

from plugin.domain.budgets import Budgets, read_budgets, write_budgets
from plugin.domain.campaigns import NEXT_STATUS, Campaign, CampaignStatus
from plugin.domain.conditions import Condition, names_in, read_condition, resolve
from plugin.domain.phrases import N_, phrase
from plugin.domain.tactic import PAUSE_DAYS, Tactic, read_stored, write_params
from plugin.errors import NotFound, Rejected, sentence_of
from plugin.store import segments
from plugin.store.schema import campaign_versions, campaigns
from plugin.store.statements import locked

Tactics = Mapping[str, Tactic[Any]]

#: Of a name, as the table has room for.
LONGEST_NAME = 100
#: A pause of a century, and numbers that every database holds.
MOST_DAYS, MOST_NUMBER = 36_500, 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What stands around the tactic; see `Campaign` for the meaning."""

    control_share: float = 0.1
    pause_days: int = PAUSE_DAYS
    inside_per_day: int = 0
    #: As JSON, as they were said.
    audience: Any = None
    exclude: Any = None
    priority: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    budgets: Budgets = Budgets()
    channels: tuple[str, ...] = ()
    reissue_after_cancel: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.control_share <= 0.9:
            raise Rejected(phrase("The control group must be between 0 and 0.9 of the audience."))
        if self.pause_days < 0 or self.inside_per_day < 0:
            raise Rejected(phrase("Days of pause and customers a day cannot be below 0."))
        if self.pause_days > MOST_DAYS or max(self.inside_per_day, abs(self.priority)) > MOST_NUMBER:
            raise Rejected(
                phrase(
                    "Days of pause may be up to {days}, customers a day and the priority up to {most}.",
                    days=MOST_DAYS,
                    most=MOST_NUMBER,
                )
            )
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise Rejected(phrase("A campaign must start before it ends."))


@dataclass(frozen=True, slots=True)
class Version:
    """What a campaign said from `edited_at` until its next version."""

    campaign_id: int
    #: Counts edits; a change of status makes none.
    number: int
    #: status, params and limits, as JSON values.
    settings: Mapping[str, Any]
    edited_by: str
    edited_at: datetime


def create(
    connection: Connection,
    shop_id: int,
    name: str,
    tactic: Tactic[Any],
    params: Any,
    limits: Limits,
    now: datetime,
    who: str = "installation",
) -> Campaign:
    """A draft; raises `Rejected` where the name is taken or cannot be one."""
    if not name.isprintable() or name != name.strip() or not 0 < len(name) <= LONGEST_NAME:
        raise Rejected(
            phrase(
                "A campaign needs a name of 1 to {most} characters, with none around it that is blank.",
                most=LONGEST_NAME,
            )
        )
    taken = select(campaigns.c.id).where(campaigns.c.shop_id == shop_id, campaigns.c.name == name)
    if connection.execute(taken).first():
        raise Rejected(phrase("There is a campaign “{name}” already; choose another name or edit that one.", name=name))
    values = {
        "shop_id": shop_id,
        "name": name,
        "tactic": tactic.key,
        "status": CampaignStatus.DRAFT.value,
        "version": 1,
        "params": write_params(params),
        "salt": secrets.token_hex(8),
        "created_at": now,
        **_columns(limits),
    }
    campaign_id = connection.execute(campaigns.insert().values(values).returning(campaigns.c.id)).scalar_one()
    _keep_version(connection, shop_id, campaign_id, who, now)
    return get(connection, shop_id, name, {tactic.key: tactic})


def get(connection: Connection, shop_id: int, name: str, tactics: Tactics) -> Campaign:
    """Held until the transaction's end. Raises `NotFound`."""
    return _by_name(connection, name, locked(_named(shop_id, name)), tactics)


def glance(connection: Connection, shop_id: int, name: str, tactics: Tactics) -> Campaign:
    """As `get`, to be looked at only."""
    return _by_name(connection, name, _named(shop_id, name), tactics)


def by_id(connection: Connection, shop_id: int, campaign_id: int, tactics: Tactics) -> Campaign:
    """As `glance`, by what a page's address says of it."""
    statement = select(campaigns).where(campaigns.c.shop_id == shop_id, campaigns.c.id == campaign_id)
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise NotFound(phrase("This campaign is not there; look for it in the list of campaigns."))
    return _read(row, tactics, _segments(connection, shop_id, [row]))


def _named(shop_id: int, name: str) -> Select[Any]:
    return select(campaigns).where(campaigns.c.shop_id == shop_id, campaigns.c.name == name)


def _by_name(connection: Connection, name: str, statement: Select[Any], tactics: Tactics) -> Campaign:
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise NotFound(
            phrase("There is no campaign “{name}”; `retention campaign list` shows those there are.", name=name)
        )
    return _read(row, tactics, _segments(connection, row.shop_id, [row]))


_OF_SHOP = select(campaigns).where(campaigns.c.shop_id == bindparam("shop")).order_by(campaigns.c.id)


def of_shop(connection: Connection, shop_id: int, tactics: Tactics) -> Sequence[Campaign]:
    """In the order in which they were made. A campaign whose tactic is not installed any more is left out."""
    rows = [row for row in connection.execute(_OF_SHOP, {"shop": shop_id}) if row.tactic in tactics]
    named = _segments(connection, shop_id, rows)
    return [_read(row, tactics, named) for row in rows]


def edit(
    connection: Connection, shop_id: int, campaign: Campaign, params: Any, limits: Limits, who: str, now: datetime
) -> Campaign:
    """A new version; codes already issued keep what they promised."""
    if campaign.status is CampaignStatus.ENDED:
        raise Rejected(phrase("“{name}” has ended; make a new campaign instead.", name=campaign.name))
    _set(
        connection,
        shop_id,
        campaign,
        version=campaign.version + 1,
        params=write_params(params),
        **_columns(limits),
    )
    _keep_version(connection, shop_id, campaign.campaign_id, who, now)
    return get(connection, shop_id, campaign.name, {campaign.tactic.key: campaign.tactic})


_IN_WORDS = {
    CampaignStatus.DRAFT: N_("draft"),
    CampaignStatus.ON: N_("on"),
    CampaignStatus.PAUSED: N_("paused"),
    CampaignStatus.ENDED: N_("ended"),
}


def change_status(
    connection: Connection, shop_id: int, campaign: Campaign, status: CampaignStatus, who: str, now: datetime
) -> Campaign:
    """Raises `Rejected` for a step that is not in `NEXT_STATUS`."""
    if status is campaign.status:
        return campaign
    if status not in NEXT_STATUS[campaign.status]:
        raise Rejected(
            phrase(
                "“{name}” is {status}; it cannot become {next}.",
                name=campaign.name,
                status=phrase(_IN_WORDS[campaign.status]),
                next=phrase(_IN_WORDS[status]),
            )
        )
    if status is CampaignStatus.ON:
        _refuse_second(connection, shop_id, campaign)
    switched_on = now if status is CampaignStatus.ON else campaign.switched_on_at
    _set(connection, shop_id, campaign, status=status.value, switched_on_at=switched_on, inside_after=0)
    _keep_version(connection, shop_id, campaign.campaign_id, who, now)
    return replace(campaign, status=status, switched_on_at=switched_on)


def _refuse_second(connection: Connection, shop_id: int, campaign: Campaign) -> None:
    on = select(campaigns.c.name).where(
        campaigns.c.shop_id == shop_id,
        campaigns.c.tactic == campaign.tactic.key,
        campaigns.c.status == CampaignStatus.ON.value,
        campaigns.c.id != campaign.campaign_id,
    )
    other = connection.execute(on).scalars().first()
    if campaign.tactic.only_one and other is not None:
        raise Rejected(
            phrase(
                "“{other}” is on, and two campaigns of {tactic} would contradict each other: pause “{other}” first, or edit"
                " it instead.",
                other=other,
                tactic=phrase(campaign.tactic.title),
            )
        )


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a campaign has come with those who were inside."""

    #: The last customer that has been asked about.
    reached: int
    #: For how many something was decided on that day of the shop's.
    taken: int


def walk_of(connection: Connection, shop_id: int, campaign_id: int, today: date) -> Walk:
    """Counted as it goes: to count the day's decisions anew takes longer with each of them."""
    statement = select(campaigns.c.inside_after, campaigns.c.inside_day, campaigns.c.inside_taken)
    row = connection.execute(statement.where(campaigns.c.shop_id == shop_id, campaigns.c.id == campaign_id)).one()
    return Walk(row.inside_after, row.inside_taken if row.inside_day == today else 0)


def save_walk(connection: Connection, shop_id: int, campaign_id: int, walk: Walk, today: date) -> None:
    connection.execute(
        update(campaigns)
        .where(campaigns.c.shop_id == shop_id, campaigns.c.id == campaign_id)
        .values(inside_after=walk.reached, inside_day=today, inside_taken=walk.taken)
    )


def any_inside(connection: Connection, shop_id: int) -> bool:
    """Whether a campaign that is on also takes those who were inside."""
    statement = select(campaigns.c.id).where(
        campaigns.c.shop_id == shop_id,
        campaigns.c.status == CampaignStatus.ON.value,
        campaigns.c.inside_per_day > 0,
    )
    return connection.execute(statement.limit(1)).first() is not None


def versions(connection: Connection, shop_id: int, tactic: str) -> Sequence[Version]:
    """All that the campaigns of this tactic have said, in the order in which they said it."""
    return _versions(connection, shop_id, campaigns.c.tactic == tactic)


def history(connection: Connection, shop_id: int, campaign_id: int) -> Sequence[Version]:
    """All that this campaign has said, from the draft on."""
    return _versions(connection, shop_id, campaigns.c.id == campaign_id)


def _versions(connection: Connection, shop_id: int, whose: ColumnElement[bool]) -> Sequence[Version]:
    statement = (
        select(campaign_versions)
        .join(campaigns, campaigns.c.id == campaign_versions.c.campaign_id)
        .where(campaign_versions.c.shop_id == shop_id, whose)
        .order_by(campaign_versions.c.id)
    )
    return [
        Version(row.campaign_id, row.version, row.settings, row.edited_by, row.edited_at)
        for row in connection.execute(statement)
    ]


def limits_of(campaign: Campaign) -> Limits:
    known = {f.name: getattr(campaign, f.name) for f in fields(Limits)}
    return Limits(**{**known, "audience": campaign.audience_said, "exclude": campaign.exclude_said})


def _columns(limits: Limits) -> dict[str, Any]:
    values = {f.name: getattr(limits, f.name) for f in fields(Limits)}
    return {**values, "budgets": write_budgets(limits.budgets), "channels": list(limits.channels)}


def _set(connection: Connection, shop_id: int, campaign: Campaign, **values: Any) -> None:
    connection.execute(
        update(campaigns).where(campaigns.c.shop_id == shop_id, campaigns.c.id == campaign.campaign_id).values(values)
    )


def _keep_version(connection: Connection, shop_id: int, campaign_id: int, who: str, now: datetime) -> None:
    """What the campaign says from now on."""
    row = connection.execute(select(campaigns).where(campaigns.c.id == campaign_id)).one()
    settings = {
        "status": row.status,
        "params": row.params,
        "control_share": row.control_share,
        "pause_days": row.pause_days,
        "inside_per_day": row.inside_per_day,
        "audience": row.audience,
        "exclude": row.exclude,
        "priority": row.priority,
        "starts_at": row.starts_at and row.starts_at.isoformat(),
        "ends_at": row.ends_at and row.ends_at.isoformat(),
        "budgets": row.budgets,
        "channels": row.channels,
        "reissue_after_cancel": row.reissue_after_cancel,
    }
    connection.execute(
        campaign_versions.insert().values(
            campaign_id=campaign_id,
            version=row.version,
            shop_id=shop_id,
            settings=settings,
            edited_by=who,
            edited_at=now,
        )
    )


def _read(row: Row[Any], tactics: Tactics, named: Mapping[str, Condition]) -> Campaign:
    tactic = tactics.get(row.tactic)
    if tactic is None:
        raise NotFound(
            phrase("The tactic “{tactic}” of campaign “{name}” is not installed.", tactic=row.tactic, name=row.name)
        )
    audience, exclude, rests = None, None, ""
    try:
        audience, exclude = (_condition(said, named) for said in (row.audience, row.exclude))
    except Rejected as error:
        rests = phrase("“{name}” rests: {why}", name=row.name, why=sentence_of(error))
    return Campaign(
        campaign_id=row.id,
        name=row.name,
        tactic=tactic,
        params=read_stored(tactic, row.params),
        status=CampaignStatus(row.status),
        version=row.version,
        salt=row.salt,
        control_share=row.control_share,
        pause_days=row.pause_days,
        inside_per_day=row.inside_per_day,
        switched_on_at=row.switched_on_at,
        audience=audience,
        exclude=exclude,
        priority=row.priority,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        budgets=read_budgets(row.budgets),
        channels=tuple(row.channels),
        reissue_after_cancel=row.reissue_after_cancel,
        audience_said=row.audience,
        exclude_said=row.exclude,
        rests=rests,
    )


def _condition(said: Any, named: Mapping[str, Condition]) -> Condition | None:
    return None if said is None else resolve(read_condition(said), named)


def _segments(connection: Connection, shop_id: int, rows: Sequence[Row[Any]]) -> Mapping[str, Condition]:
    """By name; looked up only where a campaign names one."""
    said = [condition for row in rows for condition in (row.audience, row.exclude) if condition is not None]
    names = any(True for condition in said for _ in names_in(read_condition(condition)))
    return segments.named(connection, shop_id) if names else {}
