"""SAC updates of SBX (JAX) in turns: `sac_sbx.py THREADS UPDATES [BATCH DEVICE]` (bench/peers/sac_turns.py).

A number of updates is compiled into one loop, so every turn makes the same number.
"""
import sys

from sac_turns import SETTINGS, make_env, take_turns, use_threads

threads, updates = int(sys.argv[1]), int(sys.argv[2])
batch, device = (int(sys.argv[3]), sys.argv[4]) if len(sys.argv) > 3 else (256, "cpu")
use_threads(threads, device)

import jax  # noqa: E402
from sbx import SAC  # noqa: E402

model = SAC("MlpPolicy", make_env(), gradient_steps=updates, train_freq=updates, **SETTINGS)
model.learn(5001)


def train(count: int) -> None:
    model.train(count, batch)
    jax.block_until_ready((model.policy.qf_state.params, model.policy.actor_state.params))


take_turns(train, updates)
