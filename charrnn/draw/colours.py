"""Colours: ramps for numbers, and a palette for series, on pages, in pictures and in terminals.

Both ramps can be read with all kinds of colour vision, and are light enough that black text on any
of their colours has a contrast above 4.5 to 1 (WCAG 2.1, level AA).
"""

from typing import TypeAlias

Colour: TypeAlias = tuple[int, int, int]  # red, green, blue, 0 to 255

FULL_SURPRISAL = 8.0  # bits at which its colour is full: a chance of 1 in 256
FULL_DIFFERENCE = 2.0  # bits, of two surprisals: one chance is 4 times the other
STEPS = 33  # colours of a palette; the middle one of a diverging palette is white

# After the schemes RdBu and Oranges of Brewer (2003), without their dark ends.
BLUE_TO_RED: tuple[Colour, ...] = (
    (67, 147, 195),
    (146, 197, 222),
    (209, 229, 240),
    (255, 255, 255),
    (253, 219, 199),
    (244, 165, 130),
    (222, 111, 91),
)
WHITE_TO_ORANGE: tuple[Colour, ...] = (
    (255, 255, 255),
    (254, 237, 211),
    (253, 208, 162),
    (253, 174, 107),
    (241, 119, 44),
)


# Okabe and Ito (2008): distinct for all kinds of colour vision.
BLUE: Colour = (0, 114, 178)
VERMILLION: Colour = (213, 94, 0)
GREEN: Colour = (0, 158, 115)
PURPLE: Colour = (204, 121, 167)
ORANGE: Colour = (230, 159, 0)
SKY_BLUE: Colour = (86, 180, 233)
BLACK: Colour = (0, 0, 0)
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY_BLUE, BLACK)  # by number


def palette(ramp: tuple[Colour, ...], steps: int = STEPS) -> list[Colour]:
    """`steps` colours along a ramp, evenly spaced."""
    return [blend(ramp, k / (steps - 1)) for k in range(steps)]


def blend(ramp: tuple[Colour, ...], share: float) -> Colour:
    """The colour at `share` of the way along a ramp; shares are clipped to [0, 1]."""
    place = min(max(share, 0.0), 1.0) * (len(ramp) - 1)
    k = min(int(place), len(ramp) - 2)
    red, green, blue = (
        round(a + (b - a) * (place - k)) for a, b in zip(ramp[k], ramp[k + 1], strict=True)
    )
    return red, green, blue


def series_colour(k: int) -> str:
    """The colour of series `k` as `#rrggbb`; after the last of SERIES they begin again."""
    return to_css(SERIES[k % len(SERIES)])


def to_css(colour: Colour) -> str:
    """The colour as `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
