"""What the SAC peers of bench/ share: random transitions of the reference's sizes, and the protocol of turns."""
import os
import sys
import time
from collections.abc import Callable


def use_threads(count: int, device: str = "cpu") -> None:
    """Before NumPy, torch or JAX are imported: JAX takes as many threads as there are processors to run on."""
    os.environ["JAX_PLATFORMS"] = device
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(count)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def make_env():
    import gymnasium as gym
    import numpy as np

    class Noise(gym.Env):
        observation_space = gym.spaces.Box(-5, 5, (64,), np.float32)
        action_space = gym.spaces.Box(-1, 1, (3,), np.float32)

        def __init__(self):
            self.rng = np.random.default_rng(0)
            self.steps = 0

        def reset(self, seed=None, options=None):
            self.steps = 0
            return self.rng.standard_normal(64, dtype=np.float32), {}

        def step(self, action):
            self.steps += 1
            observation = self.rng.standard_normal(64, dtype=np.float32)
            return observation, float(self.rng.standard_normal()), False, self.steps >= 1000, {}

    return Noise()


SETTINGS = dict(
    buffer_size=20_000, learning_starts=5000, batch_size=256, seed=0, policy_kwargs=dict(net_arch=[256, 256])
)


def take_turns(train: Callable[[int], None], updates: int) -> None:
    """For each line on stdin makes `updates` updates and prints the seconds they took."""
    for _ in sys.stdin:
        start = time.perf_counter()
        train(updates)
        print(time.perf_counter() - start, flush=True)
