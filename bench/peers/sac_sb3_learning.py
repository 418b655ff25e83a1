"""SAC of Stable-Baselines3 learning, an update a step, in turns: `sac_sb3_learning.py THREADS STEPS` (sac_turns.py)."""
import sys

from sac_turns import SETTINGS, make_env, take_turns, use_threads

threads, steps = int(sys.argv[1]), int(sys.argv[2])
use_threads(threads)

import torch  # noqa: E402
from stable_baselines3 import SAC  # noqa: E402

torch.set_num_threads(threads)
model = SAC("MlpPolicy", make_env(), device="cpu", **SETTINGS)
model.learn(5001)
take_turns(lambda count: model.learn(count, reset_num_timesteps=False), steps)
