"""The two-sided strategy of bench/touch-quoter.ts for hftbacktest, and the backtest that it runs in.

One order a side, post-only, one tick outside the touch; an order away from there is cancelled and sent anew in the
same decision; while an order of a side is on its way to the exchange, that side is left alone. Decisions fall on
multiples of the interval since the epoch. Events are a .npy that bench/hft-events.ts wrote.
"""
import numpy as np
from hftbacktest import GTX, LIMIT, BacktestAsset, HashMapMarketDepthBacktest, ROIVectorMarketDepthBacktest
from hftbacktest.order import FILLED, NONE
from hftbacktest.types import event_dtype
from numba import njit

LATENCY_NS = 10_000_000


def backtest(events, depth, tick, lot, top):
    """`depth`: hash (a hash map of levels) or vector (an array of the prices from 0 to `top`)."""
    asset = (
        BacktestAsset()
        .data(events)
        .linear_asset(1.0)
        .constant_order_latency(LATENCY_NS, LATENCY_NS)
        .power_prob_queue_model(2.0)
        .no_partial_fill_exchange()
        .trading_value_fee_model(0.0, 0.0005)
        .tick_size(tick)
        .lot_size(lot)
    )
    if depth == "hash":
        return HashMapMarketDepthBacktest([asset])
    return ROIVectorMarketDepthBacktest([asset.roi_lb(0.0).roi_ub(top)])


@njit
def take_fills(hbt, fills, filled):
    """Notes the orders that are known to be filled, and forgets them."""
    orders = hbt.orders(0).values()
    while orders.has_next():
        order = orders.get()
        if order.status == FILLED:
            if filled < len(fills):
                fills[filled, 0] = order.exch_timestamp // 1000
                fills[filled, 1] = order.side
                fills[filled, 2] = order.price_tick
                fills[filled, 3] = order.exec_qty
            filled += 1
    hbt.clear_inactive_orders(0)
    return filled


@njit
def quote(hbt, interval, quantity, fills):
    """Quotes to the end of the data; returns decisions and fills. Each fill is a row of `fills`, as far as they reach:
    exchange time in µs, side (1 bought, -1 sold), price in ticks, quantity."""
    decisions = 0
    filled = 0
    next_id = 1
    tick = hbt.depth(0).tick_size
    wait = 1
    while hbt.elapse(wait) == 0:
        now = hbt.current_timestamp
        wait = interval - now % interval
        if wait != interval:
            continue
        decisions += 1
        filled = take_fills(hbt, fills, filled)
        depth = hbt.depth(0)
        bid, ask = depth.best_bid_tick - 1, depth.best_ask_tick + 1
        ready = bid > 0 and ask > bid and ask < 1_000_000_000
        bid_stands = ask_stands = not ready
        orders = hbt.orders(0).values()
        while orders.has_next():
            order = orders.get()
            wanted = bid if order.side == 1 else ask
            if order.cancellable and order.price_tick != wanted and ready:
                hbt.cancel(0, order.order_id, False)
            # It stands where it should, or the exchange has not answered yet.
            elif order.cancellable or order.status == NONE:
                if order.side == 1:
                    bid_stands = True
                else:
                    ask_stands = True
        if not bid_stands:
            hbt.submit_buy_order(0, next_id, bid * tick, quantity, GTX, LIMIT, False)
            next_id += 1
        if not ask_stands:
            hbt.submit_sell_order(0, next_id, ask * tick, quantity, GTX, LIMIT, False)
            next_id += 1
    return decisions, take_fills(hbt, fills, filled)


def load(path):
    return np.load(path).astype(event_dtype)
