"""The Avellaneda-Stoikov market of bench/as-market.ts in NumPy, as one would write it: `as_market.py PATHS`.

Prints env-steps/s, mean and standard deviation of the profit as JSON.
"""
import json
import sys
import time

import numpy as np

GAMMA, K, A, SIGMA, T, DT = 0.1, 1.5, 140.0, 2.0, 1.0, 0.005


def episode(rng: np.random.Generator, paths: int) -> np.ndarray:
    mid = np.full(paths, 100.0)
    inventory = np.zeros(paths)
    cash = np.zeros(paths)
    base = np.log1p(GAMMA / K) / GAMMA
    for step in range(round(T / DT)):
        shift = GAMMA * SIGMA**2 * (T - step * DT)
        skew = inventory * shift
        bid = base + shift / 2 + skew
        ask = base + shift / 2 - skew
        bought = rng.random(paths) < A * DT * np.exp(-K * bid)
        sold = rng.random(paths) < A * DT * np.exp(-K * ask)
        cash += sold * (mid + ask) - bought * (mid - bid)
        inventory += bought
        inventory -= sold
        mid += np.where(rng.random(paths) < 0.5, SIGMA * DT**0.5, -SIGMA * DT**0.5)
    return cash + inventory * mid


def main() -> None:
    paths = int(sys.argv[1])
    rng = np.random.default_rng(0)
    episode(rng, paths)
    episodes = max(1, 20_000_000 // (paths * round(T / DT)))
    start = time.perf_counter()
    wealth = np.concatenate([episode(rng, paths) for _ in range(episodes)])
    rate = episodes * paths * round(T / DT) / (time.perf_counter() - start)
    print(json.dumps({"rate": rate, "profit": wealth.mean(), "deviation": wealth.std()}))


main()
