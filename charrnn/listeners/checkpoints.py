"""Listeners that write checkpoints: the best weights, and the latest state at regular intervals."""

from collections.abc import Callable
from pathlib import Path

from charrnn.storage.rundir import RunDir
from charrnn.training.events import Ending, Evaluated, Event, Finished, NotFinite, Stepped

Save = Callable[[Path], None]


class SaveBest:
    """Writes best.npz at each new lowest validation loss.

    `loss_on_disk` is the loss of the existing best.npz, infinite if there is none.
    """

    def __init__(self, run: RunDir, save: Save, loss_on_disk: float) -> None:
        self.run, self.save, self.loss_on_disk = run, save, loss_on_disk

    def __call__(self, event: Event) -> None:
        if isinstance(event, Evaluated) and event.best and event.loss <= self.loss_on_disk:
            self.save(self.run.best)
            self.loss_on_disk = event.loss


class SaveLatest:
    """Writes last.npz and checkpoints/step-*.npz, and removes all but the last `keep` of these.

    It does so every `every` steps, after each step at which `asked()` is true, and at the end.
    """

    def __init__(
        self, run: RunDir, save: Save, every: int, keep: int, asked: Callable[[], bool]
    ) -> None:
        self.run, self.save, self.every, self.keep, self.asked = run, save, every, keep, asked

    def __call__(self, event: Event) -> None:
        match event:
            case NotFinite(then="rollback", now=step):
                self._go_back(step)
            case Stepped(step=step) if self.asked() or step % self.every == 0:
                self._save_step(step)
            case Ending(reason="interrupted"):
                self.save(self.run.last)
            case Ending(step=step):
                self._save_step(step)
            case Finished(best_loss=None, reason=reason) if reason != "diverged":
                self.save(self.run.best)

    def _go_back(self, step: int) -> None:
        """Save the state after a rollback, and remove the checkpoints of later steps."""
        self.save(self.run.last)
        for late in self.run.steps_after(step):
            late.unlink()

    def _save_step(self, step: int) -> None:
        self.save(self.run.step(step))
        self.save(self.run.last)
        for old in self.run.steps()[: -self.keep]:
            old.unlink(missing_ok=True)
