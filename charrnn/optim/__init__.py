"""How weights change: rules, schedules, clipping. To add one: a class, and a line in its table."""

from charrnn.optim.clip import clip_, norm_of
from charrnn.optim.rules import OPTIMIZERS, Optimizer, Slots, new_scratch, new_slots, step_
from charrnn.optim.schedules import SCHEDULES, Moment, Schedule
from charrnn.optim.steps import average_, disturb_

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "Moment",
    "Optimizer",
    "Schedule",
    "Slots",
    "average_",
    "clip_",
    "disturb_",
    "new_scratch",
    "new_slots",
    "norm_of",
    "step_",
]
