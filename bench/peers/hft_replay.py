"""Rows/s of hftbacktest: `hft_replay.py EVENTS TICK LOT TOP QUANTITY`.

Each line of stdin, `hash|vector MILLISECONDS`, is answered by a line of JSON. The first pass of each kind is not timed:
numba compiles in it.
"""
import json
import sys
import time

import numpy as np

from hft_quotes import backtest, load, quote

events = load(sys.argv[1])
tick, lot, top, quantity = map(float, sys.argv[2:6])
nothing = np.zeros((0, 4))
compiled = set()


def run(depth, interval):
    hbt = backtest(events, depth, tick, lot, top)
    start = time.perf_counter()
    decisions, fills = quote(hbt, interval, quantity, nothing)
    seconds = time.perf_counter() - start
    hbt.close()
    return {"rate": len(events) / seconds, "rows": len(events), "decisions": decisions, "fills": fills}


for line in sys.stdin:
    depth, milliseconds = line.split()
    interval = int(milliseconds) * 1_000_000
    if depth not in compiled:
        run(depth, interval)
        compiled.add(depth)
    print(json.dumps(run(depth, interval)), flush=True)
