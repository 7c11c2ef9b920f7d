"""The colours of numbers: for pages, and for terminals that have them.

Both ramps are told apart by all kinds of colour vision, and are light enough that black text on any
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


# Okabe and Ito (2008), for lines: told apart by all kinds of colour vision.
LINES: tuple[Colour, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (0, 0, 0),
)


def palette(ramp: tuple[Colour, ...], steps: int = STEPS) -> list[Colour]:
    """So many colours along a ramp, evenly spaced."""
    return [blend(ramp, k / (steps - 1)) for k in range(steps)]


def blend(ramp: tuple[Colour, ...], share: float) -> Colour:
    """The colour at `share` (0 to 1, what is beyond counts as the end) of the way along a ramp."""
    place = min(max(share, 0.0), 1.0) * (len(ramp) - 1)
    k = min(int(place), len(ramp) - 2)
    red, green, blue = (
        round(a + (b - a) * (place - k)) for a, b in zip(ramp[k], ramp[k + 1], strict=True)
    )
    return red, green, blue


def to_css(colour: Colour) -> str:
    """As `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 black to 1 white (WCAG 2.1)."""
    linear = [
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4
        for c in (part / 255 for part in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: Colour, b: Colour) -> float:
    """The contrast of two colours, 1 to 21 (WCAG 2.1)."""
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)
