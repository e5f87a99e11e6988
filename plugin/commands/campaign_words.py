"""Campaigns as they are printed."""

import json
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

import click

from plugin.domain.campaign_checks import Finding
from plugin.domain.campaigns import Campaign
from plugin.domain.conditions import in_words
from plugin.domain.tactic import write_params
from plugin.flow.campaign_edits import Edited
from plugin.flow.campaign_settings import write_settings


def plain(item: Campaign, zone: tzinfo) -> dict[str, Any]:
    """As JSON values."""
    return {
        "name": item.name,
        "tactic": item.tactic.key,
        "status": item.status.value,
        "version": item.version,
        "rests": item.rests or None,
        **write_settings(item, zone),
    }


def plain_edit(edited: Edited, zone: tzinfo) -> dict[str, Any]:
    return {
        "campaign": plain(edited.campaign, zone),
        "made": edited.made,
        "changes": list(edited.changes),
        "findings": plain_findings(edited.findings),
    }


def plain_findings(findings: Sequence[Finding]) -> list[dict[str, str]]:
    return [{"weight": finding.weight.value, "sentence": finding.sentence} for finding in findings]


def print_campaign(item: Campaign, zone: tzinfo) -> None:
    click.secho(f"{item.name}: {item.status}", bold=True)
    click.echo(f"  {item.tactic.title}, version {item.version}; {_limits(item)}.")
    for line in _lines(item, zone):
        click.echo(f"  {line}")
    for name, value in write_params(item.params).items():
        click.echo(f"    {name} = {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}")


def print_findings(findings: Sequence[Finding]) -> None:
    for finding in findings:
        click.echo(f"  {finding.sentence}")


def _limits(item: Campaign) -> str:
    control = f"{item.control_share:.0%} left alone as control" if item.tactic.control_group else "no control group"
    inside = f", also {item.inside_per_day} a day of those inside" if item.inside_per_day else ""
    return f"{control}, {item.pause_days} days between two{inside}"


def _lines(item: Campaign, zone: tzinfo) -> Iterator[str]:
    settings = write_settings(item, zone)
    if item.rests:
        yield item.rests
    for name, condition in (("for", item.audience), ("not for", item.exclude)):
        if condition is not None:
            yield f"{name}: {in_words(condition)}"
    if item.starts_at or item.ends_at:
        yield f"runs from {settings['starts_at'] or 'the moment it is on'} to {settings['ends_at'] or 'no end'}"
    if item.priority:
        yield f"priority {item.priority}"
    if item.channels:
        yield f"channels: {', '.join(item.channels)}"
    if item.reissue_after_cancel:
        yield "a new code after an order was cancelled"
    for name, amounts in settings["budgets"].items():
        yield f"budget ({name}): {', '.join(f'{amount} {currency}' for currency, amount in amounts.items())}"
