"""Accelerated fixed-point iteration, for fields that exchange heat and temperature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thermal.errors import NotConverged

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class FixedPoint:
    """Where an iteration ended.

    Attributes
    ----------
    value
        The argument at which ``update(value)`` was last evaluated, shape as the start.
    image
        ``update(value)``.
    residual
        ``|image - value|_1 / |image|_1`` [-].
    iterations
        Evaluations of ``update``.
    """

    value: Vector
    image: Vector
    residual: float
    iterations: int


def fixed_point(
    update: Callable[[Vector], Vector],
    start: Vector,
    *,
    tolerance: float,
    iterations: int,
    memory: int = 5,
    mixing: float = 1.0,
) -> FixedPoint:
    """Solve ``x = update(x)`` by Anderson acceleration.

    Parameters
    ----------
    update
        Contraction or mild non-contraction; called once an iteration.
    start
        First argument.
    tolerance
        On the relative 1-norm of ``update(x) - x`` [-].
    iterations
        At most so many evaluations.
    memory
        Differences kept; 0 is the plain iteration.
    mixing
        Share of the defect that is taken, less than 1 where the plain iteration swings [-].

    Raises
    ------
    NotConverged
        If the tolerance is not met in time.

    Notes
    -----
    Walker and Ni (2011), SIAM J. Numer. Anal. 49, 1715, algorithm 4.1.2 (least squares on differences).

    Examples
    --------
    >>> import numpy as np
    >>> found = fixed_point(np.cos, np.array([1.0]), tolerance=1e-12, iterations=30)
    >>> round(float(found.value[0]), 9)
    0.739085133
    """
    argument = np.array(start, dtype=float)
    arguments: list[Vector] = []
    images: list[Vector] = []
    residual = np.inf
    for count in range(1, iterations + 1):
        image = update(argument)
        residual = float(np.abs(image - argument).sum() / max(np.abs(image).sum(), np.finfo(float).tiny))
        if residual <= tolerance:
            return FixedPoint(argument, image, residual, count)
        arguments = [*arguments, argument.ravel()][-(memory + 1) :]
        images = [*images, image.ravel()][-(memory + 1) :]
        argument = _next_argument(arguments, images, mixing).reshape(argument.shape)
    raise NotConverged(
        f"fixed point not reached: residual {residual:.3g} after {iterations} iterations, allowed {tolerance:.3g}"
    )


def _next_argument(arguments: list[Vector], images: list[Vector], mixing: float) -> Vector:
    defects = np.array([image - argument for image, argument in zip(images, arguments, strict=True)])
    if len(images) == 1:
        return np.asarray(images[-1] - (1.0 - mixing) * defects[-1])
    defect_steps = np.diff(defects, axis=0).T
    image_steps = np.diff(np.array(images), axis=0).T
    weights = np.linalg.lstsq(defect_steps, defects[-1], rcond=1e-12)[0]
    left: Vector = (1.0 - mixing) * (defects[-1] - defect_steps @ weights)
    result: Vector = images[-1] - image_steps @ weights - left
    return result
