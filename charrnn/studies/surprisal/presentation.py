"""The presentation of a surprisal, of one model or two: in a terminal, as JSON, as a page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from charrnn.draw.console import tell
from charrnn.listeners.progress import Meter
from charrnn.studies.surprisal import terminal as surprisal
from charrnn.studies.surprisal import terminal_difference as against

if TYPE_CHECKING:
    from charrnn.runs.trained import Trained
    from charrnn.studies.score.study import Score
    from charrnn.studies.surprisal.difference import Difference
    from charrnn.studies.surprisal.study import Surprisal

IN_TERMINAL, IN_PAGE = 2000, 200_000  # characters that are shown by default


class Presentation:
    """The surprisal of a text under one model, or under each of two."""

    def __init__(self, trained: "Trained", paths: Sequence[str], other: "Trained | None") -> None:
        from charrnn.studies.surprisal.difference import difference_of
        from charrnn.studies.surprisal.study import surprisal_of

        self.one: Surprisal
        self.both: Difference | None = None
        if other is None:
            with Meter("surprisal") as meter:
                self.one = surprisal_of(trained, paths, on_progress=meter)
        else:
            with Meter("two models") as meter:
                self.both = difference_of(trained, other, paths, on_progress=meter)
            self.one = self.both.a

    @property
    def score(self) -> "Score":
        """The score of the first model."""
        return self.one.score

    def verdict(self) -> str:
        """The comparison of the two models, or nothing for one."""
        return "" if self.both is None else against.verdict(self.both)

    def view(self, chars: int | None, lines: int, *, colours: bool) -> str:
        """The text and the tables for a terminal, harmless."""
        most = IN_TERMINAL if chars is None else chars
        if self.both is None:
            return surprisal.view(self.one, chars=most, lines=lines, colours=colours)
        return against.view(self.both, chars=most, lines=lines, colours=colours)

    def values(self, chars: int | None, lines: int) -> dict[str, Any]:
        """The values for JSON."""
        most = IN_PAGE if chars is None else chars
        if self.both is None:
            return {"surprisal": surprisal.values(self.one, chars=most, lines=lines)}
        return {"against": against.values(self.both, chars=most, lines=lines)}

    def save_page(self, path: str, chars: int | None, lines: int) -> None:
        """Write the page. Raises UsageError where it cannot."""
        from charrnn.draw.page import save_page
        from charrnn.studies.surprisal.page import surprisal_page
        from charrnn.studies.surprisal.page_difference import difference_page

        most = IN_PAGE if chars is None else chars
        if self.both is None:
            content = surprisal_page(self.one, chars=most, lines=lines)
        else:
            content = difference_page(self.both, chars=most, lines=lines)
        save_page(path, content)
        tell(f"wrote {path}")
