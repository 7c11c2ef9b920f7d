"""Chances as bars, for a terminal of any width."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from charrnn.draw.console import can_show, in_colour, terminal_size
from charrnn.terminal import columns_of

if TYPE_CHECKING:
    from charrnn.studies.play.prediction import Prediction

EIGHTHS = " ▏▎▍▌▋▊▉█"
BLUE, PLAIN = "\x1b[36m", "\x1b[0m"
ROWS = 10  # rows
NARROWEST = 8  # columns of a useful bar


@dataclass(frozen=True)
class Canvas:
    """The size and the abilities of a terminal."""

    columns: int
    blocks: bool  # it shows block characters
    colour: bool

    @classmethod
    def of_stdout(cls) -> "Canvas":
        """The terminal, or the pipe, as it is now."""
        return cls(terminal_size()[0], can_show(EIGHTHS), in_colour())


def chart(prediction: "Prediction", canvas: Canvas) -> str:
    """The likeliest symbols, their chances in the draw, and bars: one of the whole width is 1.

    Where filters change the chances, the model's own are in a second column.
    """
    drawn, model = prediction.drawn.tolist(), prediction.model.tolist()
    filtered = max(abs(a - b) for a, b in zip(drawn, model, strict=True)) > 1e-12
    rows = list(zip(prediction.names, drawn, model, strict=True))[:ROWS]
    if others := len(drawn) - len(rows):
        rows.append((f"{others} more", sum(drawn[ROWS:]), sum(model[ROWS:])))
    width = max(columns_of(name) for name, _, _ in rows)
    room = canvas.columns - width - 9 - 8 * filtered - 2
    lines = [f"{'':{width}}   drawn   model\n"] if filtered else []
    for k, (name, chance, own) in enumerate(rows):
        figures = f"  {chance:6.1%}" + f"  {own:6.1%}" * filtered
        line = f"{name}{' ' * (width - columns_of(name))}{figures}"
        drawing = bar(chance, room, canvas.blocks) if k < ROWS and room >= NARROWEST else ""
        if drawing and canvas.colour:
            drawing = f"{BLUE}{drawing}{PLAIN}"
        lines.append(f"{line}  {drawing}".rstrip() + "\n")
    return "".join(lines)


def bar(share: float, columns: int, blocks: bool) -> str:
    """A share from 0 to 1 of a number of columns, to an eighth of one where blocks can be shown."""
    if not blocks:
        return "#" * round(share * columns)
    eighths = round(share * columns * 8)
    return EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8].strip()
