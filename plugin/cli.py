"""The `retention` command. A subcommand's module is imported when it is called, so that help comes at once."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import Any

import click

from plugin.errors import RetentionError


@dataclass(frozen=True, slots=True)
class Entry:
    #: plugin.commands.<module>:<name>
    where: str
    help: str


COMMANDS: Mapping[str, Entry] = {
    "demo": Entry("demo:demo", "A year of real purchases through the whole app, with a stand-in for Saleor."),
    "serve": Entry("serve:serve", "Serve the app; on SQLite with a worker of its own beside it."),
    "worker": Entry("serve:worker", "Work off what came in, on PostgreSQL, on any number of machines."),
    "migrate": Entry("migrate:migrate", "Bring the database's tables up to date."),
    "keys": Entry("keys:keys", "Make secret keys, and rotate them."),
    "shops": Entry("shops:list_shops", "List the shops that installed the app."),
    "configure": Entry("shops:configure", "A shop's time zone, and its storefronts' addresses."),
    "storefront": Entry("storefront:storefront", "A shop's storefront: keys for its server, and the test mode."),
    "content": Entry("content:show_content", "What storefronts show: how often it was seen, clicked and put away."),
    "stop": Entry("shops:stop", "Stop everything for a shop, or for all, at once."),
    "start": Entry("shops:start", "Let a stopped shop go on."),
    "backfill": Entry("history:backfill", "Read a shop's customers and orders, or what changed since."),
    "import": Entry("history:import_", "Take in orders from before Saleor, from a CSV file."),
    "campaign": Entry("campaign:campaign", "Campaigns: list, make, change, switch on and off."),
    "segment": Entry("segment:segment", "Segments: who is in which, how many, and why."),
    "learn": Entry("learn:learn", "Learn a shop's rhythm and model now, instead of within a day."),
    "customers": Entry("customers:customers", "Who is at risk and why; or one customer, with score and reasons."),
    "guardrails": Entry("guardrails:guardrails", "The shop's limits around every campaign: show and set."),
    "suppress": Entry("suppress:suppress", "Who gets nothing: a list by number and e-mail."),
    "decisions": Entry("decisions:show_decisions", "The latest decisions with their reasons."),
    "replay": Entry(
        "replay:replay", "What a campaign would have done over the shop's own past, and what it would cost."
    ),
    "thresholds": Entry("thresholds:thresholds", "What each free-shipping threshold would cost and bring, by segment."),
    "codes": Entry("books:show_codes", "Codes: whose, what they may cost and did; take one back."),
    "budget": Entry("books:show_budget", "What gifts may cost, and what is left of it."),
    "report": Entry("report:report", "The shop's numbers: who stays, who leaves and why, and what works."),
    "backtest": Entry("backtest:backtest", "Score a past day of a file of orders, and what came after it."),
    "messages": Entry("messages:messages", "Messages: in whose name, how they look, one to yourself, what was sent."),
    "letters": Entry("letters:letters", "What was given up, webhooks and effects: look, and try again."),
    "upgrade": Entry("installation:upgrade", "Bring an installed app's webhooks in line with this version."),
    "disconnect": Entry("installation:disconnect", "Take back codes, banners and pages, and leave a shop."),
    "prune": Entry("prune:prune", "Remove what is older than the retention periods."),
    "bench": Entry("bench:bench", "Measure on this machine what the way in can take."),
}


class Retention(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, _, name = entry.where.partition(":")
        command: click.Command = getattr(import_module(f"plugin.commands.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RetentionError as error:
            click.echo(str(error), err=True)
            ctx.exit(2)


@click.group(cls=Retention)
@click.version_option(package_name="saleor-retention", message="%(version)s")
def retention() -> None:
    """The app that keeps a Saleor merchant's customers. Settings are read from RETENTION_… variables."""
    from plugin.logs import set_up_logs

    set_up_logs("WARNING", "console")  # a server sets up its own


def _in_one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if os.environ.get("RETENTION_LOG_LEVEL") == "DEBUG":
        sys.__excepthook__(kind, error, trace)
        return
    click.echo(f"Unexpected: {kind.__name__}: {error}. RETENTION_LOG_LEVEL=DEBUG shows where.", err=True)


def main() -> None:
    sys.excepthook = _in_one_line
    retention()


if __name__ == "__main__":
    main()
