"""Write a synthetic text of exactly known entropy rate: a limit to measure a model against.

    python scripts/make_markov.py markov.txt --characters 400000 --order 2 --symbols 6 --seed 1

The source is a Markov chain of the given order whose transition probabilities are drawn once from a
Dirichlet distribution. No model can predict its text better, in the long run, than its entropy rate

    H = - sum_s pi(s) sum_x p(x | s) ln p(x | s)        nats per character

where s runs over the contexts and pi is their stationary distribution (Cover and Thomas 2006,
theorem 4.2.1). The rate is printed, with that of the text at hand: the mean of -ln p over it.
"""

import argparse
import string
from math import log
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ALPHABET = string.ascii_lowercase + " .\n" + string.ascii_uppercase


def transitions(
    symbols: int, order: int, concentration: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """P (symbols**order, symbols): the distribution of the next symbol after each context."""
    return rng.dirichlet([concentration] * symbols, size=symbols**order)


def stationary(P: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pi (contexts,), which one more step of the chain leaves as it is."""
    contexts, symbols = P.shape
    context = np.arange(contexts)
    after = (context[:, None] * symbols + np.arange(symbols)) % contexts
    pi = np.full(contexts, 1.0 / contexts)
    for _ in range(100_000):
        moved = np.bincount(after.ravel(), (pi[:, None] * P).ravel(), contexts)
        if np.abs(moved - pi).max() < 1e-15:
            break
        pi = 0.5 * (pi + moved)  # the average also settles where the chain has a period
    return moved


def entropy_rate(P: NDArray[np.float64]) -> float:
    """H in nats per character."""
    terms = np.where(P > 0, P * np.log(np.maximum(P, 1e-300)), 0.0)
    return float(-(stationary(P) * terms.sum(axis=1)).sum())


def draw(
    P: NDArray[np.float64], characters: int, rng: np.random.Generator
) -> tuple[list[int], float]:
    """A text as symbol numbers, and its own mean of -ln p in nats per character."""
    contexts, symbols = P.shape
    cumulative, uniforms = np.cumsum(P, axis=1), rng.random(characters)
    context, text, total = 0, [], 0.0
    for u in uniforms.tolist():
        x = min(int(np.searchsorted(cumulative[context], u, side="right")), symbols - 1)
        text.append(x)
        total -= log(P[context, x])
        context = (context * symbols + x) % contexts
    return text, total / characters


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--characters", type=int, default=400_000)
    parser.add_argument("--symbols", type=int, default=6)
    parser.add_argument("--order", type=int, default=2)
    parser.add_argument("--concentration", type=float, default=0.5, help="small: easy to predict")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not 2 <= options.symbols <= len(ALPHABET):
        parser.error(f"--symbols must be from 2 to {len(ALPHABET)}")
    rng = np.random.default_rng(options.seed)
    P = transitions(options.symbols, options.order, options.concentration, rng)
    text, mean = draw(P, options.characters, rng)
    options.file.write_text("".join(ALPHABET[x] for x in text), encoding="utf-8", newline="\n")
    rate = entropy_rate(P)
    print(f"entropy rate {rate:.6f} nats/char ({rate / log(2):.6f} bits/char)")
    print(f"this text    {mean:.6f} nats/char ({mean / log(2):.6f} bits/char)")


if __name__ == "__main__":
    main()
