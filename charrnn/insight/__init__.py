"""The maths of looking inside: pure functions of arrays, without files and without printing."""
