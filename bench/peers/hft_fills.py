"""hftbacktest's fills with the strategy of hft_quotes.py: `hft_fills.py EVENTS TICK LOT TOP QUANTITY MILLISECONDS`.

Prints one line of JSON: decisions, and the fills as [exchange time in µs, side (1 bought, -1 sold), ticks, quantity].
Events whose clocks put them in another order at the exchange than here are sorted as its converter does.
"""
import contextlib
import json
import os
import sys

import numpy as np
from hftbacktest.data import correct_event_order

from hft_quotes import backtest, load, quote

events = load(sys.argv[1])
tick, lot, top, quantity, milliseconds = map(float, sys.argv[2:7])
with contextlib.redirect_stdout(open(os.devnull, "w")):
    by_exchange = np.argsort(events["exch_ts"], kind="stable")
    by_local = np.argsort(events["local_ts"], kind="stable")
    events = correct_event_order(events, by_exchange, by_local)
fills = np.zeros((1_000_000, 4))
hbt = backtest(events, "hash", tick, lot, top)
decisions, count = quote(hbt, round(milliseconds * 1_000_000), quantity, fills)
hbt.close()
rows = [[int(time), int(side), int(ticks), size] for time, side, ticks, size in fills[:count]]
print(json.dumps({"decisions": decisions, "fills": rows}))
