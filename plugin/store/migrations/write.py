"""Writes revisions from plugin/store/schema/, for developers.

`python -m plugin.store.migrations.write 0002 what_changed` writes the next revision; name it in
`plugin.store.migrate.HEAD` as well. `… 0001 tables` writes the only revision anew, before a release.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from plugin.store.database import Database
from plugin.store.migrate import MIGRATIONS, configuration


def write(number: str, name: str) -> None:
    for stale in (MIGRATIONS / "versions").glob(f"{number}_*.py"):
        stale.unlink()
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'empty.db'}")
        with db.write() as connection:
            config = configuration(connection)
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            command.upgrade(config, "head")
            command.revision(config, name, autogenerate=True, rev_id=number)
        db.close()


if __name__ == "__main__":
    write(*sys.argv[1:])
