"""Draw a graph as SVG: boxes in columns, references as curves from left to right.

Object types without references are in the rightmost column. Each other type is to the left of the types that it refers to,
so nearly all references point in the same direction. Boxes have a background of their own, and lines are gray, so that the
diagram is readable on any page. In JupyterLab and VS Code, boxes have the colors of the theme. Elsewhere they follow the
preference of the viewer's system for dark colors.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from attrs import frozen


@frozen(kw_only=True)
class GraphRow:
    """An attribute in a diagram.

    Attributes:
        name: Name of the attribute.
        type: Type of the attribute in words, with a star if it can have several values.
        flags: Properties of the attribute in words, such as "label".
        description: Description of the attribute.
        strong: True if it names or identifies objects.
        target: Key of the object type that it refers to, if the diagram contains that type.
        many: True if it can have several values.
    """

    name: str
    type: str
    flags: tuple[str, ...] = ()
    description: str = ""
    strong: bool = False
    target: str = ""
    many: bool = False

    @property
    def text(self) -> str:
        """The attribute on one line: name, type, and flags."""
        return f"{self.name}: {self.type}" + (f" ({', '.join(self.flags)})" if self.flags else "")


@frozen(kw_only=True)
class GraphBox:
    """An object type in a diagram.

    Attributes:
        key: Unique key of the object type.
        name: Name of the object type.
        description: Description of the object type.
        parent: Key of the parent object type, or an empty string.
        rows: Attributes of the object type.
    """

    key: str
    name: str
    description: str = ""
    parent: str = ""
    rows: tuple[GraphRow, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """Keys of the object types that it refers to, without duplicates."""
        return tuple(dict.fromkeys(row.target for row in self.rows if row.target))


_ROW = 22
_HEAD = 32
_FOOT = 8
_GAP_ACROSS = 110
_GAP_DOWN = 28
_MARGIN = 20
#: Rows of a box. Other attributes are only counted, except for references, which the curves need.
_MOST_ROWS = 40
#: Average widths of characters in pixels, estimated generously because the fonts are unknown.
_WIDTH_NAME = 7.4
_WIDTH_HEAD = 8.6
_WIDTH_TYPE = 6.6
_WIDE = 2.0

#: Elements with colors of the theme: CSS class, names of the color in JupyterLab and VS Code, and the colors for light and
#: dark pages elsewhere. Other elements have colors that fit both.
_COLORS = (
    ("box", ("--jp-layout-color1", "--vscode-editor-background"), "#ffffff", "#22272b"),
    ("title", ("--jp-content-font-color1", "--vscode-editor-foreground"), "#172b4d", "#e4e9f0"),
    ("name", ("--jp-content-font-color1", "--vscode-editor-foreground"), "#172b4d", "#e4e9f0"),
    ("type", ("--jp-content-font-color2", "--vscode-descriptionForeground"), "#52607a", "#a9b6c6"),
)


def _color_rules(*, dark: bool) -> str:
    rules: list[str] = []
    for name, (lab, code), light_color, dark_color in _COLORS:
        color = dark_color if dark else light_color
        # Image viewers without CSS variables use the first value.
        rules.append(f".jsm-graph .{name}{{fill:{color};fill:var({lab},var({code},{color}))}}")
    return "\n".join(rules)


_STYLE = f"""
.jsm-graph{{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif}}
.jsm-graph .box{{stroke:#7a869a}}
.jsm-graph .head{{fill:#5b8def;fill-opacity:0.22}}
.jsm-graph .title{{font-size:14px;font-weight:600}}
.jsm-graph .name{{font-size:12.5px}}
.jsm-graph .strong{{font-weight:600}}
.jsm-graph .type{{font-size:11px}}
.jsm-graph .edge{{fill:none;stroke:#7a869a;stroke-width:1.5}}
.jsm-graph .below{{stroke-dasharray:4 4}}
.jsm-graph .tip{{fill:#7a869a}}
{_color_rules(dark=False)}
@media (prefers-color-scheme:dark){{
{_color_rules(dark=True)}
}}
"""


@frozen
class _Box:
    """An object type with its position in pixels."""

    spec: GraphBox
    rows: tuple[GraphRow, ...]
    more: int
    x: float
    y: float
    width: float
    height: float

    def row_middle(self, attribute: GraphRow) -> float:
        return self.y + _HEAD + self.rows.index(attribute) * _ROW + _ROW / 2

    @property
    def head_middle(self) -> float:
        return self.y + _HEAD / 2


def draw(name: str, object_types: Sequence[GraphBox], digest: str) -> str:
    """Return the SVG document of a graph. The digest makes the ids of its elements unique in a page."""
    boxes = _boxes(object_types)
    # Curves to the same or an earlier column need space on the right.
    width = max((box.x + box.width for box in boxes.values()), default=0) + _MARGIN + _GAP_ACROSS / 2
    height = max((box.y + box.height for box in boxes.values()), default=0) + _MARGIN
    mark = f"jsm-tip-{digest[:12]}"
    count = len(boxes)
    title = f"{name}: {count} object type{'' if count == 1 else 's'}"
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    tip = '<path class="tip" d="M0 0L10 5L0 10z"/>'
    marker = 'viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="jsm-graph" role="img" {size}>',
        f"<title>{_text(title)}</title><style>{_STYLE}</style>",
        f'<defs><marker id="{mark}" {marker}>{tip}</marker></defs>',
    ]
    # Draw curves first, so that they pass behind boxes and texts.
    parts += _edges(object_types, boxes, mark)
    parts += [_box(box) for box in boxes.values()]
    parts.append("</svg>")
    return "".join(parts)


def _columns(object_types: Sequence[GraphBox]) -> list[list[GraphBox]]:
    """Return the object types by column, from left to right."""
    depth: dict[str, int] = {}
    by_key = {box.key: box for box in object_types}

    def measure(spec: GraphBox, above: frozenset[str]) -> int:
        # In a cycle, ignore references to types that are being measured.
        if spec.key in depth:
            return depth[spec.key]
        below = [
            measure(by_key[key], above | {spec.key})
            for key in spec.targets
            if key != spec.key and key not in above
        ]
        depth[spec.key] = 1 + max(below, default=-1)
        return depth[spec.key]

    for spec in object_types:
        measure(spec, frozenset())
    referred = {key for spec in object_types for key in spec.targets}
    for spec in object_types:
        # A type without incoming references is placed in the column of its parent.
        if spec.parent in depth and spec.key not in referred:
            depth[spec.key] = max(depth[spec.key], depth[spec.parent])
    deepest = max(depth.values(), default=-1)
    return [
        _parents_first([spec for spec in object_types if depth[spec.key] == level])
        for level in range(deepest, -1, -1)
    ]


def _parents_first(column: list[GraphBox]) -> list[GraphBox]:
    """Order a column so that each object type follows its parent."""
    ordered: list[GraphBox] = []
    for spec in column:
        keys = [placed.key for placed in ordered]
        index = keys.index(spec.parent) + 1 if spec.parent in keys else len(ordered)
        ordered.insert(index, spec)
    return ordered


def _boxes(object_types: Sequence[GraphBox]) -> dict[str, _Box]:
    boxes: dict[str, _Box] = {}
    x: float = _MARGIN
    for column in _columns(object_types):
        y: float = _MARGIN
        width = max(_width(spec) for spec in column)
        for spec in column:
            first = spec.rows[:_MOST_ROWS]
            rows = (*first, *(row for row in spec.rows[_MOST_ROWS:] if row.target))
            more = len(spec.rows) - len(rows)
            height = _HEAD + _ROW * (len(rows) + bool(more)) + _FOOT
            boxes[spec.key] = _Box(spec, rows, more, x, y, width, height)
            y += height + _GAP_DOWN
        x += width + _GAP_ACROSS
    return boxes


def _length(text: str) -> float:
    return sum(_WIDE if ord(character) > 0x2E80 else 1.0 for character in text)  # wide scripts start there


def _width(spec: GraphBox) -> float:
    rows = [
        _length(row.name) * _WIDTH_NAME + _length(_type_with_flags(row)) * _WIDTH_TYPE + 24
        for row in spec.rows
    ]
    return max([_length(spec.name) * _WIDTH_HEAD, 120.0, *rows]) + 24


def _type_with_flags(attribute: GraphRow) -> str:
    return " · ".join([attribute.type, *attribute.flags])


def _box(box: _Box) -> str:
    left, right = box.x + 12, box.x + box.width - 12
    parts = [
        f'<g><rect class="box" x="{box.x}" y="{box.y}" width="{box.width:.0f}" height="{box.height}" rx="6"/>',
        f'<path class="head" d="{_head(box)}"/>',
        f'<text class="title" x="{left}" y="{box.y + 21}">{_text(box.spec.name)}</text>',
    ]
    if box.spec.description:
        parts.insert(1, f"<title>{_text(box.spec.description)}</title>")
    for index, attribute in enumerate(box.rows):
        baseline = box.y + _HEAD + index * _ROW + 16
        strong = " strong" if attribute.strong else ""
        note = f"<title>{_text(attribute.description)}</title>" if attribute.description else ""
        parts.append(
            f'<g>{note}<text class="name{strong}" x="{left}" y="{baseline}">{_text(attribute.name)}</text>'
            f'<text class="type" x="{right:.0f}" y="{baseline}" text-anchor="end">'
            f"{_text(_type_with_flags(attribute))}</text></g>"
        )
    if box.more:
        baseline = box.y + _HEAD + len(box.rows) * _ROW + 16
        parts.append(f'<text class="type" x="{left}" y="{baseline}">and {box.more} more</text>')
    return "".join(parts) + "</g>"


def _head(box: _Box) -> str:
    # Half a pixel inside the border, with rounded corners at the top.
    x, y, width = box.x + 0.5, box.y + 0.5, box.width - 1
    return f"M{x} {y + _HEAD}v{6 - _HEAD}a6 6 0 0 1 6 -6h{width - 12:.1f}a6 6 0 0 1 6 6v{_HEAD - 6}z"


def _edges(object_types: Sequence[GraphBox], boxes: dict[str, _Box], mark: str) -> list[str]:
    edges: list[str] = []
    for spec in object_types:
        start = boxes[spec.key]
        for attribute in spec.rows:
            if not attribute.target:
                continue
            end = boxes[attribute.target]
            title = f"{spec.name}: {attribute.name} → {end.spec.name}"
            edges.append(
                f'<path class="edge" marker-end="url(#{mark})" d="{_curve(start, end, start.row_middle(attribute))}">'
                f"<title>{_text(title)}</title></path>"
            )
        if spec.parent in boxes:
            edges.append(_below(start, boxes[spec.parent]))
    return edges


def _below(box: _Box, above: _Box) -> str:
    bend = _MARGIN
    path = (
        f"M{box.x} {box.head_middle}"
        f"C{box.x - bend} {box.head_middle} {above.x - bend} {above.head_middle} {above.x} {above.head_middle}"
    )
    note = _text(f"{box.spec.name} is below {above.spec.name}")
    return f'<path class="edge below" d="{path}"><title>{note}</title></path>'


def _curve(start: _Box, end: _Box, y: float) -> str:
    x = start.x + start.width
    if end.x > start.x:
        bend = (end.x - x) / 2
        return f"M{x:.0f} {y}C{x + bend:.0f} {y} {end.x - bend:.0f} {end.head_middle} {end.x:.0f} {end.head_middle}"
    # To the same or an earlier column: from the right side of the box to the right side of the target.
    back = end.x + end.width
    swing = max(x, back) + _GAP_ACROSS / 2
    return f"M{x:.0f} {y}C{swing:.0f} {y} {swing:.0f} {end.head_middle} {back:.0f} {end.head_middle}"


def _text(text: str) -> str:
    # Control characters are not allowed in XML, even escaped.
    return escape("".join(character for character in text if character >= " " or character in "\t\n"))
