"""Recurrent cells by name. To add one: a file beside this one, and a line in CELLS."""

from charrnn.cells.base import Cell, State, Tape
from charrnn.cells.gru import Gru
from charrnn.cells.lstm import Lstm
from charrnn.cells.rnn import Rnn

CELLS: dict[str, type[Cell]] = {"rnn": Rnn, "lstm": Lstm, "gru": Gru}

__all__ = ["CELLS", "Cell", "Gru", "Lstm", "Rnn", "State", "Tape"]
