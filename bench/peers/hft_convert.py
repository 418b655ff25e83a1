"""Seconds that hftbacktest's converter takes: `hft_convert.py CAPTURE`, a conversion for each line of stdin.
In the first numba compiles."""
import contextlib
import json
import os
import sys
import time

from hftbacktest.data.utils import binancefutures

capture = sys.argv[1]

for _ in sys.stdin:
    start = time.perf_counter()
    with contextlib.redirect_stdout(open(os.devnull, "w")):
        rows = len(binancefutures.convert(capture))
    print(json.dumps({"seconds": time.perf_counter() - start, "rows": rows}), flush=True)
