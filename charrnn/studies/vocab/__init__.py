"""The vocabulary of a text: its symbols and their counts."""
