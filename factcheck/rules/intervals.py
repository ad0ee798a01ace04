"""How much a share of few says."""

from math import sqrt

Z95 = 1.959963984540054  # the 97.5 % point of the normal distribution


def wilson(held: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, between 0 and 1; with nothing counted, all of it.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference" (1927), the score
    interval without continuity correction.
    """
    if not 0 <= held <= of:
        raise ValueError(f"{held} of {of} is no share")
    if of == 0:
        return 0.0, 1.0
    share, z2 = held / of, Z95**2
    centre = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return (0.0 if held == 0 else low), (1.0 if held == of else high)
