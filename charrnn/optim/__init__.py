"""Optimization: update rules, learning-rate schedules, clipping, gradient noise, weight averaging.

A new rule or schedule is a class and one line in its table.
"""

from charrnn.optim.clip import clip_, norm_of
from charrnn.optim.rules import OPTIMIZERS, Optimizer, Slots, new_scratch, new_slots, step_
from charrnn.optim.schedules import SCHEDULES, Moment, Schedule
from charrnn.optim.steps import add_noise_, average_

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "Moment",
    "Optimizer",
    "Schedule",
    "Slots",
    "add_noise_",
    "average_",
    "clip_",
    "new_scratch",
    "new_slots",
    "norm_of",
    "step_",
]
