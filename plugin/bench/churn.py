"""How long the churn model takes to fit and to score simulated customers, beside lifetimes if asked.

Every measured run is a process of its own, so that its peak memory is its own; ours and lifetimes' take
turns, so that what else the machine does meets both.
"""

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from plugin.errors import GiveUp, Rejected

RUN_SECONDS = 3600.0
#: What is told of the runs by their medians; the rest is the same in all of them.
MEASURED = ("fit_seconds", "count_seconds", "score_seconds", "expected_seconds", "peak_memory_mb")


@dataclass(frozen=True, slots=True)
class Bench:
    customers: int
    runs: int
    #: Measured too: the Python of an environment that has lifetimes; None for ours alone.
    lifetimes_python: str | None
    folder: Path
    say: Callable[[str], None]


def measure(bench: Bench) -> dict[str, Any]:
    """Medians and runs of ours and of lifetimes, and the ratios of ours to theirs."""
    if bench.lifetimes_python is not None:
        _check(bench.lifetimes_python)
    theirs = str(Path(__file__).with_name("churn_lifetimes.py"))
    ours_runs, their_runs = [], []
    with TemporaryDirectory(dir=bench.folder, prefix="bench-") as folder:
        bench.say(f"Simulating {bench.customers:,} customers")
        _output([sys.executable, "-m", "plugin.bench.churn_ours", folder, "simulate", str(bench.customers)])
        for number in range(bench.runs):
            bench.say(f"Run {number + 1} of {bench.runs}")
            ours_runs.append(_figures([sys.executable, "-m", "plugin.bench.churn_ours", folder, "fit"]))
            if bench.lifetimes_python is not None:
                bench.say(f"Run {number + 1} of {bench.runs}, lifetimes")
                their_runs.append(_figures([bench.lifetimes_python, theirs, folder]))
    told = {"customers": bench.customers, "load_average": os.getloadavg()[0], "ours": _medians(ours_runs)}
    if their_runs:
        told |= {"lifetimes": _medians(their_runs), **_ratios(_medians(ours_runs), _medians(their_runs))}
    return told | {"runs": {"ours": ours_runs, "lifetimes": their_runs}}


def _check(python: str) -> None:
    try:
        found = subprocess.run(  # noqa: S603
            [python, "-c", "import lifetimes"], check=False, capture_output=True, timeout=60
        )
    except OSError as error:
        raise Rejected(f"{python} cannot be run ({error.strerror}): name a Python with --lifetimes-python.") from error
    if found.returncode:
        raise Rejected(
            f"{python} has no lifetimes: install it there (pip install lifetimes==0.11.3), "
            "or name a Python that has it with --lifetimes-python."
        )


def _figures(command: Sequence[str]) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(_output(command))
    return figures


def _output(command: Sequence[str]) -> bytes:
    done = subprocess.run(command, check=False, capture_output=True, timeout=RUN_SECONDS)  # noqa: S603
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise GiveUp(f"A measured run failed: {last or f'it ended with {done.returncode}'}")
    return done.stdout


def _medians(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return runs[0] | {key: statistics.median(run[key] for run in runs) for key in MEASURED if key in runs[0]}


def _ratios(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, float]:
    """Ours over theirs; of the parameters, how far they are apart at most."""
    return {
        "fit_ratio": ours["fit_seconds"] / theirs["fit_seconds"],
        "expected_ratio": ours["expected_seconds"] / theirs["expected_seconds"],
        "memory_ratio": ours["peak_memory_mb"] / (theirs["peak_memory_mb"] or 1.0),
        "params_apart": max(abs(a / b - 1) for a, b in zip(ours["params"], theirs["params"], strict=True)),
    }
