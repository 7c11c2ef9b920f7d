"""`python -m charrnn` is `charrnn`."""

from charrnn.cli import main

main()
