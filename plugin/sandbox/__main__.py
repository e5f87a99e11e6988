"""python -m plugin.sandbox: a stand-in for Saleor."""

import argparse
import gc
from pathlib import Path

import uvicorn

from plugin.sandbox.app import create_sandbox

#: 10 to 160 seconds become 0.1 to 1.6
FAST = 0.01


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m plugin.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--origin", help="the address under which the app reaches it; default http://localhost:PORT")
    parser.add_argument("--fast-retries", action="store_true", help="webhooks are tried again a hundred times sooner")
    parser.add_argument("--history", type=Path, help="JSON lines as POST /sandbox/history takes them, told to nobody")
    parser.add_argument("--rate-limit", type=int, default=0, help="requests a minute before 429; 0 for no limit")
    parser.add_argument("--concurrency", type=int, default=16, help="connections that deliver webhooks")
    given = parser.parse_args()
    # a large shop is a large, living heap: looking through it again and again finds nothing
    gc.set_threshold(100_000, 50, 100)
    sandbox = create_sandbox(
        given.origin or f"http://localhost:{given.port}",
        retry_factor=FAST if given.fast_retries else 1.0,
        concurrency=given.concurrency,
        rate_limit=given.rate_limit,
        history=given.history,
    )
    uvicorn.run(sandbox, host=given.host, port=given.port, log_level="warning", ws="none", timeout_graceful_shutdown=2)


if __name__ == "__main__":
    main()
