"""One look for every figure: sizes, colours safe for the colour-blind, and saving.

Lines take the palette of Okabe and Ito (2008, Color Universal Design); fields take inferno and cividis, which
are perceptually uniform and keep their order in grey print.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from markupsafe import escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure as Drawing

BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#d55e00",
    "#cc79a7",
    "#56b4e9",
    "#6b7280",
)
HEAT, COLD = "inferno", "cividis"
SHOWN_PART = {"inferno": (0.13, 0.97), "viridis": (0.0, 1.0), "cividis": (0.0, 1.0), "RdBu_r": (0.0, 1.0)}
"""Part of each colour map that is used: the ends of inferno are too near to black and white to show shape."""
WIDE = (7.6, 3.1)
LEAST_SPAN = 0.01
"""Of a colour scale of temperatures [K]."""
POINTS = 1500
"""Most points of one line; longer series keep the extremes of each bin."""

CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
)

SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "vascool",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#9aa0a6",
    "axes.linewidth": 0.7,
    "axes.labelcolor": "#3c4043",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e8eaed",
    "grid.linewidth": 0.6,
    "xtick.color": "#5f6368",
    "ytick.color": "#5f6368",
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "lines.linewidth": 1.3,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
}


@dataclass(frozen=True)
class Figure:
    """A drawn figure: inline SVG, PNG bytes and the words under it."""

    key: str
    title: str
    caption: str
    svg: str
    png: bytes


def chinese_fonts() -> list[str]:
    """Return the installed fonts that have Chinese glyphs, best first; often none."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return [name for name in CHINESE_FONTS if name in installed]


@contextmanager
def house_style(language: str = "en") -> Iterator[None]:
    """Draw inside this with the report's settings; nothing leaks out of it."""
    import matplotlib as mpl

    fonts = ["DejaVu Sans", *(chinese_fonts() if language == "zh" else ())]
    with mpl.rc_context({**SETTINGS, "font.sans-serif": fonts}), warnings.catch_warnings():
        # the browser has the glyphs that the drawing machine's fonts may lack
        warnings.filterwarnings("ignore", message="Glyph")
        yield


def canvas(width: float = WIDE[0], height: float = WIDE[1]) -> Drawing:
    """Return an empty drawing [inch] that needs no display."""
    from matplotlib.figure import Figure as Drawing

    return Drawing(figsize=(width, height), layout="constrained")


def finish(drawing: Drawing, key: str, title: str, caption: str = "") -> Figure:
    """Render a drawing to SVG and PNG."""
    drawing.draw_without_rendering()
    drawing.set_layout_engine("none")  # laid out once, saved twice
    vector, raster = io.StringIO(), io.BytesIO()
    drawing.savefig(vector, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    drawing.savefig(raster, format="png", dpi=160, metadata={"Software": None}, facecolor="white")
    return Figure(key, title, caption, _inline(vector.getvalue(), title), raster.getvalue())


def _inline(svg: str, title: str) -> str:
    """Strip prologue and fixed size, so that the figure fills its column; screen readers read the title."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r'(<svg [^>]*?)\s(?:width|height)="[^"]*pt"', r"\1", body)
    body = re.sub(r'(<svg [^>]*?)\s(?:width|height)="[^"]*pt"', r"\1", body)
    return body.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)


def told_apart(low: float, high: float) -> tuple[float, float]:
    """Ends of a colour scale of temperatures [K or °C]: an even field is one colour, not a map of its round-off.

    Examples
    --------
    >>> told_apart(40.0, 41.0), told_apart(40.0, 40.0)
    ((40.0, 41.0), (39.995, 40.005))
    """
    middle, reach = 0.5 * (low + high), 0.5 * LEAST_SPAN
    return (low, high) if high - low >= LEAST_SPAN else (middle - reach, middle + reach)


def colour_map(name: str) -> Colormap:
    """Return one of the report's colour maps, all of them perceptually uniform."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps[name](np.linspace(*SHOWN_PART[name], 256)), name=name)


def thousands(value: float, decimals: int = 0) -> str:
    """Write a number with so many decimals, its thousands apart by a thin space (ISO 80000-1).

    Examples
    --------
    >>> thousands(4739.94, 1) == "4\\u2009739.9"
    True
    """
    return f"{value:,.{decimals}f}".replace(",", "\u2009")


def plain(text: str) -> str:
    """Keep matplotlib from reading formulas into a user's text."""
    return text.replace("$", r"\$")


def celsius(kelvin: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Celsius temperature [°C] of a kelvin temperature [K]."""
    return np.asarray(kelvin, dtype=float) - 273.15


def thin(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], points: int = POINTS
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Reduce a long series to about ``points``, keeping the least and greatest of each bin."""
    if x.size <= points:
        return x, y
    chosen: list[int] = [0, x.size - 1]
    for part in np.array_split(np.arange(x.size), points // 2):
        values = np.where(np.isfinite(y[part]), y[part], 0.0)
        chosen += [int(part[values.argmin()]), int(part[values.argmax()])]
    index = np.unique(chosen)
    return x[index], y[index]


def label(axes: Axes, x: str, y: str) -> None:
    """Name both axes; units belong into the names."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
