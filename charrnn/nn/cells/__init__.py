"""Recurrent cells by name. To add one: a file in this folder, and a line in CELLS."""

from charrnn.nn.cells.base import Cell, Gate, Tape
from charrnn.nn.cells.gru import Gru
from charrnn.nn.cells.lstm import Lstm
from charrnn.nn.cells.rnn import Rnn

CELLS: dict[str, type[Cell]] = {"rnn": Rnn, "lstm": Lstm, "gru": Gru}

__all__ = ["CELLS", "Cell", "Gate", "Gru", "Lstm", "Rnn", "Tape"]
