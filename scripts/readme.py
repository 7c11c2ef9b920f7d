"""Write the config reference into README.md, between its two markers, from the schema itself."""

from pathlib import Path

from charrnn.config import reference_table

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- config reference: begin -->\n", "<!-- config reference: end -->\n"


def with_reference(text: str) -> str:
    """The README with a fresh reference in it."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{reference_table()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_reference(README.read_text(encoding="utf-8")), encoding="utf-8")
