"""Write charrnn/api.pyi, the types of `charrnn.api`, from its table of names."""

from pathlib import Path

from charrnn.api import HOMES

STUB = Path(__file__).parents[1] / "charrnn/api.pyi"
HEAD = """\
# Written by scripts/make_api_stub.py from HOMES in api.py.

"""


def stub() -> str:
    """The contents of the stub: one import for each public name, in the order that ruff wants."""
    homes = sorted(HOMES.items(), key=lambda item: (item[1], item[0]))
    return HEAD + "".join(
        f"from charrnn.{module} import {name} as {name}\n" for name, module in homes
    )


if __name__ == "__main__":
    STUB.write_text(stub(), encoding="utf-8", newline="\n")
