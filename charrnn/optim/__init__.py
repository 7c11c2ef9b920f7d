"""How weights change: rules, schedules, clipping. To add one: a class, and a line in its table."""

from charrnn.optim.average import average_
from charrnn.optim.clip import clip_, length
from charrnn.optim.disturb import disturb_
from charrnn.optim.rules import OPTIMIZERS, Optimizer, Slots, new_scratch, new_slots, step_
from charrnn.optim.schedules import SCHEDULES, Moment, Schedule

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
    "length",
    "new_scratch",
    "new_slots",
    "step_",
]
