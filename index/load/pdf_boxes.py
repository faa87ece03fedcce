"""Places on a PDF page, in points from the lower left corner of the page as its reader sees it."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

Matrix: TypeAlias = tuple[float, float, float, float, float, float]


class Box(NamedTuple):
    """A rectangle of the page, in points from its lower left corner."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def area(self) -> float:
        """Square points."""
        return max(0.0, self.right - self.left) * max(0.0, self.top - self.bottom)

    def moved(self, matrix: Matrix) -> Box:
        """Return the box around this one when it is moved."""
        corners = [
            moved_point(x, y, matrix)
            for x in (self.left, self.right)
            for y in (self.bottom, self.top)
        ]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return Box(min(xs), min(ys), max(xs), max(ys))

    def holds(self, other: Box, slack: float = 1.0) -> bool:
        """Say whether `other` lies within this box."""
        return (
            self.left - slack <= other.left
            and other.right <= self.right + slack
            and self.bottom - slack <= other.bottom
            and other.top <= self.top + slack
        )


class Rule(NamedTuple):
    """A straight line drawn along the page: `at` is its height or its distance from the left."""

    at: float
    start: float
    end: float


def upright(page: Any) -> Matrix | None:
    """Return the matrix that turns the places on a page as its reader sees it; None for none."""
    from pypdfium2 import raw

    left, bottom, right, top = page.get_bbox()
    turns = raw.FPDFPage_GetRotation(page.raw)
    if not turns and not (left or bottom):
        return None
    # Clockwise, by quarters.
    return (
        (1.0, 0.0, 0.0, 1.0, -left, -bottom),
        (0.0, -1.0, 1.0, 0.0, -bottom, right),
        (-1.0, 0.0, 0.0, -1.0, right, top),
        (0.0, 1.0, -1.0, 0.0, top, -left),
    )[turns % 4]


def matrix_within(inner: Matrix, outer: Matrix | None) -> Matrix:
    """Return the matrix of what stands in something that is itself moved by `outer`."""
    if outer is None:
        return inner
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (
        a * p + b * r,
        a * q + b * s,
        c * p + d * r,
        c * q + d * s,
        e * p + f * r + t,
        e * q + f * s + u,
    )


def moved_point(x: float, y: float, matrix: Matrix) -> tuple[float, float]:
    """Return where a point is moved to."""
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f
