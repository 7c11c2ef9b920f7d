"""How weights change: rules, schedules, clipping. To add one: a class, and a line in its table."""

from charrnn.optim.clip import clip_
from charrnn.optim.rules import OPTIMIZERS, Optimizer, Slots, new_scratch, new_slots, step_
from charrnn.optim.schedules import SCHEDULES, Schedule

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "Optimizer",
    "Schedule",
    "Slots",
    "clip_",
    "new_scratch",
    "new_slots",
    "step_",
]
