"""A text with its spans marked as ``[surface|NAME]``: to lines of a file, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from claimex.schema import Range, Tag

HEADER, END_OF_TEXT = "==", "--"
TAGS = {"q": Tag.QUANTITY, "u": Tag.UNIT, "d": Tag.DATE, "c": Tag.CLAIMANT}  # by the first letter of a span's name
NAME = re.compile(r"[qudc][1-9][0-9]{0,8}")
SIGN = re.compile(r"[\[\]|\\]")
TOKEN = re.compile(r"\\(?P<escaped>.?)|(?P<open>\[)|\|(?P<name>[^\[\]|\\]*)\]|(?P<stray>[\]|])")

Lines: TypeAlias = list[tuple[int, str]]  # line number in the file, and the line or what is wrong with it


def is_structure(line: str) -> bool:
    """Whether a line of the file would end the text: in the text such a line starts with a backslash."""
    return line.startswith(HEADER) or line == END_OF_TEXT


def read_text(lines: Lines, faults: Lines) -> tuple[str, dict[str, Range]]:
    """The text without its markup, and the range of each span by name, in text order; ``faults`` gets what is wrong."""
    pieces: list[str] = []
    size = 0  # of the pieces, in code points
    begun: tuple[int, int] | None = None  # offset and line number of a span that has not ended
    names: dict[str, Range] = {}
    due = dict.fromkeys(TAGS, 1)  # the number of the next span of each kind
    for index, (number, line) in enumerate(lines):
        done = int(line.startswith("\\") and is_structure(line[1:]))
        tokens = [*TOKEN.finditer(line, done)]
        pieces.append("\n" * (index > 0))
        size += len(pieces[-1])
        for token in tokens:
            pieces += line[done : token.start()], token["escaped"] or ""
            size += token.start() - done + len(token["escaped"] or "")
            done = token.end()
            fault = ""
            if token["open"] and begun is None:
                begun = size, number
            elif token["name"] is not None and begun is not None:
                fault = _entered(token["name"], (begun[0], size), names, due)
                begun = None
            elif token["escaped"] is None or not SIGN.fullmatch(token["escaped"]):
                fault = _misplaced(token, inside=begun is not None)
            if fault:
                faults.append((number, fault))
        pieces.append(line[done:])
        size += len(pieces[-1])
    if begun is not None:
        faults.append((begun[1], r"a [ that no |NAME] closes: close it, or write \[ for the character"))
    return "".join(pieces), names


def _entered(name: str, extent: Range, names: dict[str, Range], due: dict[str, int]) -> str:
    """Enter a span under its name; what is wrong with it, or nothing."""
    if not NAME.fullmatch(name):
        return f"{name!r} names no span: write one of q, u, d, c and a number, as in [57|q1]"
    kind, number = name[0], int(name[1:])
    expected, due[kind] = due[kind], due[kind] + 1
    if extent[0] == extent[1]:
        return f"the span {name} is empty: put its surface between [ and |"
    if name in names:
        return f"the name {name} stands twice: give each span its own"
    names[name] = extent
    if number != expected:
        return f"{name} where {kind}{expected} is due: number the {kind} spans 1, 2, 3, ... in text order"
    return ""


def _misplaced(token: re.Match[str], *, inside: bool) -> str:
    """What is wrong with a sign of the markup where it stands."""
    sign = token[0]
    if token["escaped"] is not None:
        return rf"{sign} is no escape: write \\ for a backslash"
    if token["open"]:
        return r"a [ inside a span: spans never nest: close the first one, or write \[ for the character"
    if inside:
        return rf"a {sign} inside a span, without a name: end the span with |NAME], or write \{sign} for the character"
    return f"{sign} closes no span: put a [ before the surface, or a \\ before each sign that is a character"


def text_lines(text: str, names: Mapping[Range, str]) -> list[str]:
    """The lines, without newlines, that ``read_text`` reads back. ``names`` is in text order."""
    pieces: list[str] = []
    done = 0
    for (start, end), name in names.items():
        pieces.append(f"{_escaped(text[done:start])}[{_escaped(text[start:end])}|{name}]")
        done = end
    body = "".join(pieces) + _escaped(text[done:])
    return [f"\\{line}" if is_structure(line) else line for line in body.split("\n")]


def _escaped(text: str) -> str:
    return SIGN.sub(r"\\\g<0>", text)
