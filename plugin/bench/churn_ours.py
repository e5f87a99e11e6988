"""One measured run of our model, a process of its own: `python -m plugin.bench.churn_ours FOLDER simulate COUNT | fit`.

`simulate` writes the customers of a made-up shop to the folder; `fit` reads them and prints its figures.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

from plugin.domain.model import mbg_nbd, simulate
from plugin.domain.model.counts import count
from plugin.domain.prediction import MbgNbd

#: In days: a purchase every hundred, three in ten leave after one. Customers have come evenly over two years.
SHOP = MbgNbd(r=0.6, alpha=60.0, a=0.8, b=1.8)
OLDEST = 730
SEED = 20_070_903
HORIZON = 28.0
COLUMNS = ("frequency", "recency", "age")


def write(folder: Path, customers: int) -> None:
    age = np.random.default_rng(SEED).integers(1, OLDEST + 1, customers)
    for name, column in zip(COLUMNS, simulate.histories(SHOP, age, SEED), strict=True):
        np.save(folder / f"{name}.npy", column)


def run(folder: Path) -> dict[str, object]:
    frequency, recency, age = (np.load(folder / f"{name}.npy") for name in COLUMNS)
    started = time.perf_counter()
    counts = count(frequency, recency, age)
    counted = time.perf_counter()
    fitted = mbg_nbd.fit(counts, prior=None)
    done = time.perf_counter()
    score = mbg_nbd.probability_of_order(fitted.params, frequency, recency, age, HORIZON)
    scored = time.perf_counter()
    orders = mbg_nbd.expected_orders(fitted.params, frequency, recency, age, HORIZON)
    expected = time.perf_counter()
    params = fitted.params
    return {
        "fit_seconds": done - started,
        "count_seconds": counted - started,
        "score_seconds": scored - done,
        "expected_seconds": expected - scored,
        "peak_memory_mb": peak_memory_mb(),
        "unique_histories": len(counts.age),
        "iterations": fitted.iterations,
        "converged": fitted.converged,
        "params": [params.r, params.alpha, params.a, params.b],
        "means": [float(score.mean()), float(orders.mean())],
    }


def peak_memory_mb() -> float:
    """Of this process alone, also where its parent was larger; Linux only, elsewhere 0."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def main(folder: str, what: str, customers: str = "0") -> None:
    if what == "simulate":
        write(Path(folder), int(customers))
    else:
        sys.stdout.write(json.dumps(run(Path(folder))))


if __name__ == "__main__":
    main(*sys.argv[1:])
