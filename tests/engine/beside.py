"""An engine's process: notes the lanes it drains in a file. `python -m tests.engine.beside FILE [deaf]`."""

import asyncio
import sys
from pathlib import Path

from plugin import metrics
from plugin.engine.apart import alone_with, obey
from plugin.engine.in_process import InProcess
from plugin.engine.port import Lane


async def work(file: Path, *, deaf: bool) -> None:
    async def drain(lane: Lane) -> bool:
        metrics.drains.labels(lane.kind, "beside").inc()
        with file.open("a") as notes:
            notes.write(f"{lane}\n")
        return False

    engine = InProcess(drain)
    running = asyncio.create_task(engine.run())
    await obey(engine)
    if deaf:
        await asyncio.sleep(3600)
    await engine.stop()
    await running
    with file.open("a") as notes:
        notes.write("ended\n")


if __name__ == "__main__":
    notes = Path(sys.argv[1])
    with alone_with(notes.with_suffix(".lock")):
        asyncio.run(work(notes, deaf="deaf" in sys.argv))
