"""Units: the states and gates of a network while it reads a text."""
