"""Seconds that hftbacktest's converter takes: `hft_convert.py CAPTURE`, a conversion for each line of stdin.
The first is not timed: numba compiles in it."""
import contextlib
import json
import os
import sys
import time

from hftbacktest.data.utils import binancefutures

capture = sys.argv[1]


def convert():
    start = time.perf_counter()
    with contextlib.redirect_stdout(open(os.devnull, "w")):
        rows = len(binancefutures.convert(capture))
    return {"seconds": time.perf_counter() - start, "rows": rows}


convert()
for _ in sys.stdin:
    print(json.dumps(convert()), flush=True)
