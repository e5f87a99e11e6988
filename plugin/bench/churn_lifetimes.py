"""One measured run of lifetimes' MBG/NBD, a process of its own: `PYTHON churn_lifetimes.py FOLDER`.

It imports nothing of ours, so that the Python of any environment that has lifetimes can run it.
"""

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

HORIZON = 28.0


def run(folder: Path) -> dict[str, Any]:
    fitter = import_module("lifetimes").ModifiedBetaGeoFitter()
    frequency, recency, age = (np.load(folder / f"{name}.npy") for name in ("frequency", "recency", "age"))
    started = time.perf_counter()
    fitter.fit(frequency, recency, age)
    done = time.perf_counter()
    # It has no probability of an order: the nearest to a score is that of being alive.
    alive = fitter.conditional_probability_alive(frequency, recency, age)
    scored = time.perf_counter()
    orders = fitter.conditional_expected_number_of_purchases_up_to_time(HORIZON, frequency, recency, age)
    expected = time.perf_counter()
    return {
        "fit_seconds": done - started,
        "score_seconds": scored - done,
        "expected_seconds": expected - scored,
        "peak_memory_mb": _peak_memory_mb(),
        "params": [float(fitter.params_[name]) for name in ("r", "alpha", "a", "b")],
        "means": [float(np.mean(alive)), float(np.mean(orders))],
    }


def _peak_memory_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(Path(sys.argv[1]))))
