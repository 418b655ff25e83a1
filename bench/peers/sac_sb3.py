"""SAC updates of Stable-Baselines3 in turns: `sac_sb3.py THREADS UPDATES [BATCH DEVICE]` (bench/peers/sac_turns.py)."""
import sys

from sac_turns import SETTINGS, make_env, take_turns, use_threads

threads, updates = int(sys.argv[1]), int(sys.argv[2])
batch, device = (int(sys.argv[3]), sys.argv[4]) if len(sys.argv) > 3 else (256, "cpu")
use_threads(threads)

import torch  # noqa: E402
from stable_baselines3 import SAC  # noqa: E402

torch.set_num_threads(threads)
model = SAC("MlpPolicy", make_env(), device=device, **SETTINGS)
model.learn(5001)


def train(count: int) -> None:
    model.train(count, batch)
    if device == "cuda":
        torch.cuda.synchronize()


take_turns(train, updates)
