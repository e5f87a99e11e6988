"""The two campaigns, switched on as a merchant does by the command line: for everybody who is inside, too."""

from tests.e2e.processes import App

THRESHOLDS = '{"default-channel": {"new": 60, "regular": 50, "loyal": 35, "at_risk": 25}}'
EVERYBODY = ("--inside-per-day", "100000")


def free_shipping_on(app: App) -> None:
    app.command("campaign", "edit", "free-shipping", "--set", f"thresholds={THRESHOLDS}")
    app.command("campaign", "on", "free-shipping", *EVERYBODY)


def win_back_on(app: App) -> None:
    app.command("campaign", "edit", "win-back", "--control", "0")
    app.command("campaign", "on", "win-back", *EVERYBODY)
