"""SAC of SBX (JAX) learning, an update a step, in turns: `sac_sbx_learning.py THREADS STEPS` (sac_turns.py)."""
import sys

from sac_turns import SETTINGS, make_env, take_turns, use_threads

threads, steps = int(sys.argv[1]), int(sys.argv[2])
use_threads(threads)

from sbx import SAC  # noqa: E402

model = SAC("MlpPolicy", make_env(), **SETTINGS)
model.learn(5001)
take_turns(lambda count: model.learn(count, reset_num_timesteps=False), steps)
