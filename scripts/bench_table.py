"""The numbers of scripts/bench.py as Markdown, for a terminal and for the READMEs."""

import math
from typing import Any

WHO = {"numpy": "charrnn", "fast": "charrnn[fast]", "torch": "PyTorch"}
Row = dict[str, Any]


def tables(result: dict[str, Any]) -> str:
    """A table for each section that was measured."""
    made = {
        "training": training_table,
        "sampling": sampling_table,
        "startup": startup_table,
        "memory": memory_table,
        "corpus": corpus_table,
        "products": products_table,
    }
    parts = [machine_line(result["machine"])]
    parts += [table(result[name]) for name, table in made.items() if result.get(name)]
    return "\n\n".join(parts) + "\n"


EXCERPT = ("LSTM 1x128", "LSTM 2x256", "LSTM 3x512", "GRU 2x256", "RNN 1x128")


def excerpt(result: dict[str, Any]) -> str:
    """Five networks of the training table, for a first page; ratios are to PyTorch."""

    def speed(row: Row, name: str) -> str:
        ratio = f" ({row[f'{name}_ratio']:.2f}x)" if f"{name}_ratio" in row else ""
        return f"{row[name] / 1e3:,.0f}{ratio}"

    rows = [row for row in result["training"] if _network(row).startswith(EXCERPT)]
    lines = [[_network(row), *(speed(row, name) for name in WHO)] for row in rows]
    head = ["training, thousands of chars/s", *WHO.values()]
    return f"{machine_line(result['machine'])}\n\n{_table(head, lines)}\n"


def machine_line(machine: dict[str, str]) -> str:
    names = {
        "python": "Python",
        "numpy": "NumPy",
        "torch": "PyTorch",
        "numba": "Numba",
        "mkl": "MKL",
    }
    versions = ", ".join(f"{names[k]} {v}" for k, v in machine.items() if k in names)
    return f"Measured on {machine['system']}, with {versions}."


def training_table(rows: list[Row]) -> str:
    """Thousands of characters a second; beside them the ratio to PyTorch and the share of peak."""
    found = [name for name in WHO if name in rows[0]]
    lines = [[_network(row), *(_rate(row, name) for name in found)] for row in rows]
    if "torch" in found:
        ours = [name for name in found if name != "torch"]
        for what, figure in (("geometric mean of the grid", _mean), ("worst of the grid", min)):
            ratios = [f"**{figure(_grid_ratios(rows, name)):.2f}x**" for name in ours]
            lines.append([what, *ratios, ""])
    return _table(["training, thousands of chars/s", *(WHO[name] for name in found)], lines)


def sampling_table(rows: list[Row]) -> str:
    beside = [
        f"{row['torch']:,.0f} ({row['ratio']:.1f}x)" if "torch" in row else "-" for row in rows
    ]
    lines = [
        [f"LSTM 2x128, {row['streams']} at once", f"{row['charrnn']:,.0f}", theirs]
        for row, theirs in zip(rows, beside, strict=True)
    ]
    return _table(["sampling, chars/s", "charrnn", "PyTorch"], lines)


def startup_table(rows: list[Row]) -> str:
    lines = [
        [f"`{row['command']}`", f"{row['seconds']:.2f} s", f"{row['megabytes']:.0f} MB"]
        for row in rows
    ]
    return _table(["start-up", "time", "peak memory"], lines)


def memory_table(rows: list[Row]) -> str:
    lines = [[WHO[row["system"]], f"{row['megabytes']:.0f} MB"] for row in rows]
    return _table(["training LSTM 2x128", "peak memory"], lines)


def corpus_table(rows: list[Row]) -> str:
    lines = [[row["what"], f"{row['seconds']:.1f} s", f"{row['megabytes']:.0f} MB"] for row in rows]
    return _table(["a text of 1 GB", "time", "peak memory"], lines)


def products_table(rows: list[Row]) -> str:
    kinds = [name for name in ("plain", "numpy", "fast") if name in rows[0]]
    lines = [
        [f"({row['R']}, {row['K']}) x ({row['K']}, {row['N']})", *(f"{row[k]:.0f}" for k in kinds)]
        for row in rows
    ]
    return _table(["product of a time step, GFLOP/s of one core", *kinds], lines)


def _network(row: Row) -> str:
    name = f"{row['cell'].upper()} {row['layers']}x{row['hidden']}, B{row['batch']} T{row['seq']}"
    return name if row["text"] == "random" else f"{name}, {row['text']}"


def _rate(row: Row, name: str) -> str:
    ratio = f" ({row[f'{name}_ratio']:.2f}x)" if f"{name}_ratio" in row else ""
    return f"{row[name] / 1e3:,.1f}{ratio} {row[f'{name}_of_peak']:.0%}"


def _grid_ratios(rows: list[Row], name: str) -> list[float]:
    return [row[f"{name}_ratio"] for row in rows if row["batch"] > 1 and row["text"] == "random"]


def _mean(ratios: list[float]) -> float:
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
