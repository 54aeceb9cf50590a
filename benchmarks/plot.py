"""The goals as a picture, written as SVG without any library.

Every row is one goal. The scale is logarithmic and the same for all: the gate is the line in the middle, what is better
than the gate is to its right, whatever direction the number itself has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from .goals import Goal, Verdict
from .measuring import Measured
from .report import number

_ROW, _MIDDLE, _REACH, _TOP = 24, 660, 200, 64
_COLOURS = {Verdict.BEST: "#1f845a", Verdict.PASSED: "#946f00", Verdict.BELOW: "#c9372c"}
_LEGEND = "Dots: measured medians. Green ticks: the aim. The middle line is the gate; right of it is better."
#: What is this many times better than its gate, or worse, is drawn at the end of the scale.
_END = 4.0


def _position(goal: Goal, value: float) -> float:
    """Return the position of a value."""
    gate = max(goal.gate, 1e-9)
    better = value / gate if goal.more_is_better else gate / max(value, 1e-9)
    part = math.log(max(better, 1e-9)) / math.log(_END)
    return _MIDDLE + _REACH * min(1.0, max(-1.0, part))


def picture(rows: Sequence[tuple[Goal, Measured | None, Verdict]], title: str) -> str:
    """Return the diagram as SVG."""
    measured_rows = [(goal, value, verdict) for goal, value, verdict in rows if value is not None]
    height = _TOP + _ROW * len(measured_rows) + 40
    bottom = _TOP + _ROW * len(measured_rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 {height}" font-family="sans-serif"',
        f' font-size="12" role="img" aria-label="{escape(title)}">',
        f'<rect width="960" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="26" font-size="16" font-weight="bold" fill="#172b4d">{escape(title)}</text>',
        f'<text x="16" y="46" fill="#44546f">{_LEGEND}</text>',
        f'<line x1="{_MIDDLE}" y1="{_TOP - 6}" x2="{_MIDDLE}" y2="{bottom}" stroke="#44546f"/>',
    ]
    for step in (0.25, 0.5, 2.0, 4.0):
        place = _MIDDLE + _REACH * math.log(step) / math.log(_END)
        parts.append(
            f'<line x1="{place:.0f}" y1="{_TOP - 6}" x2="{place:.0f}" y2="{bottom}" stroke="#dcdfe4"/>'
            f'<text x="{place:.0f}" y="{bottom + 18}" text-anchor="middle" fill="#44546f">{step:g} x</text>'
        )
    parts.append(f'<text x="{_MIDDLE}" y="{bottom + 18}" text-anchor="middle" fill="#44546f">gate</text>')
    for at, (goal, found, verdict) in enumerate(measured_rows):
        assert found is not None
        middle = _TOP + _ROW * at + _ROW / 2
        colour = _COLOURS.get(verdict, "#44546f")
        low, high = sorted((_position(goal, found.low), _position(goal, found.high)))
        parts.append(
            f'<text x="16" y="{middle + 4:.0f}" fill="#172b4d"><tspan font-weight="bold">{goal.name}</tspan>'
            f"  {escape(_short(goal.what))}</text>"
        )
        if goal.best is not None:
            aim = _position(goal, goal.best)
            parts.append(
                f'<line x1="{aim:.1f}" y1="{middle - 7:.0f}" x2="{aim:.1f}" y2="{middle + 7:.0f}" stroke="#1f845a"'
                ' stroke-width="2"/>'
            )
        parts.append(
            f'<line x1="{low:.1f}" y1="{middle:.0f}" x2="{high:.1f}" y2="{middle:.0f}" stroke="{colour}"'
            f' stroke-width="3" stroke-opacity="0.4"/>'
            f'<circle cx="{_position(goal, found.value):.1f}" cy="{middle:.0f}" r="5" fill="{colour}"/>'
            f'<text x="{_MIDDLE + _REACH + 14}" y="{middle + 4:.0f}" fill="{colour}">{number(found.value)}</text>'
        )
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _short(text: str) -> str:
    return text if len(text) <= 62 else text[:61] + "…"
