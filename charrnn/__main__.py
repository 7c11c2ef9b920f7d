"""The entry point of `python -m charrnn`, which is the command `charrnn`."""

from charrnn.cli import main

if __name__ == "__main__":  # worker processes import this file too
    main()
