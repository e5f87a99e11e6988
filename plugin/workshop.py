"""The engine's process on SQLite: `python -m plugin.workshop`, started by `retention serve` with its settings."""

import os
from pathlib import Path

import httpx

from plugin.commands.serve import stand_back, stay
from plugin.engine.apart import alone_with, obey
from plugin.logs import set_up_logs
from plugin.main import assemble, build_workshop, open_database
from plugin.settings import load_settings


def main() -> None:
    settings = load_settings(os.environ)
    set_up_logs(settings.log_level, settings.log_format)
    stand_back()
    database = open_database(settings)
    with alone_with(Path(f"{database.url.database}-engine")):
        house, engine = build_workshop(settings, database, http := httpx.AsyncClient())
        stay(assemble(settings, house, engine, http), lambda: obey(engine))


if __name__ == "__main__":
    main()
