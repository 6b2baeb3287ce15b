"""Colours and letters of the pictures: one palette, one style sheet, and how much room a text takes.

The palette is that of Okabe and Ito, which people with any common colour blindness can tell apart. No picture
says anything by colour alone: a shape or a word says it too.

References
----------
M. Okabe and K. Ito, "Color Universal Design (CUD): how to make figures and presentations that are friendly to
colorblind people", 2002, revised 2008.
"""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, east_asian_width

ORANGE, SKY, GREEN = "#E69F00", "#56B4E9", "#009E73"
BLUE, VERMILLION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE_BLUE = "#8C8C8C", "#CDE5F5"
INK = "#1A1A1A"
DIM = "#595959"  # 7:1 on white, enough for small letters (WCAG 2.2, 1.4.6)
# A machine without one of these has another; the last word leaves it to the reader's own. A text with Chinese
# signs names their fonts first: a browser looks for each sign in turn, vl-convert takes the first it finds.
_LATIN = "'Noto Sans','Liberation Sans',Arial"
_CHINESE = "'Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',SimHei"
FONTS = f"{_LATIN},{_CHINESE},sans-serif"
FONTS_CHINESE = f"{_CHINESE},{_LATIN},sans-serif"
SMALL, NORMAL, LARGE = 11, 12, 16  # font sizes in px

# Every rule stands below the class of the root, so that pictures can share a page with anything.
STYLE = (
    f".kr{{background:#fff;font-family:{FONTS}}}.kr text{{font-size:{NORMAL}px;fill:{INK}}}"
    f".kr .s{{font-size:{SMALL}px}}.kr .d{{font-size:{SMALL}px;fill:{DIM}}}.kr .b{{font-weight:700}}"
    f".kr .h{{font-size:{LARGE}px;font-weight:700}}.kr .z{{font-family:{FONTS_CHINESE}}}"
    f".kr .i{{fill:{INK}}}.kr .blue{{fill:{BLUE}}}.kr .sky{{fill:{SKY}}}.kr .green{{fill:{GREEN}}}"
    f".kr .orange{{fill:{ORANGE}}}.kr .red{{fill:{VERMILLION}}}.kr .grey{{fill:{GREY}}}"
    f".kr .o{{fill:#fff;stroke:{DIM}}}.kr .k{{fill:#fff;stroke:{INK};stroke-width:2.5}}"
    f".kr .u{{fill:#fff;stroke:{DIM};stroke-width:1.5;stroke-dasharray:4 3}}"
    f".kr .l{{fill:none;stroke:{DIM}}}.kr .lu{{fill:none;stroke:{DIM};stroke-dasharray:4 3}}"
    ".kr .g{fill:none;stroke:#D9D9D9}"
    f".kr .li{{fill:none;stroke:{BLUE}}}.kr .lc{{fill:none;stroke:{VERMILLION};stroke-dasharray:7 4}}"
    f".kr .lq{{fill:none;stroke:{DIM};stroke-dasharray:2 3}}"
    f".kr .t{{fill:none;stroke:{SKY};stroke-width:1.5}}.kr .n{{fill:none;stroke:{INK};stroke-width:1.5}}"
    ".kr .w{fill:none;stroke:#fff;stroke-width:2}"
    f".kr .q{{fill:none;stroke:{INK};stroke-width:1.6}}"
    f".kr .sg{{fill:none;stroke:{GREEN};stroke-width:14;stroke-linecap:round}}"
    f".kr .sr{{fill:none;stroke:{VERMILLION};stroke-width:13;stroke-linecap:square}}"
    f".kr .sn{{fill:none;stroke:{GREY};stroke-width:4}}"
    f".kr .f0{{fill:#DCEBF7;stroke:{BLUE}}}.kr .f1{{fill:#FBEBCB;stroke:{ORANGE}}}"
    f".kr .f2{{fill:#D5F0E6;stroke:{GREEN}}}.kr .f3{{fill:#F6E1EC;stroke:{PURPLE}}}"
    f".kr .f4{{fill:#FBDCCB;stroke:{VERMILLION}}}.kr .f5{{fill:#FBF7C4;stroke:#8A8200}}"
)
TINTS = 6  # how many classes f0, f1 … there are

_NARROW = frozenset("ijltfrI.,:;'|!()[]{}/\\ -`")
_BROAD = frozenset("mwMW@%&")


@lru_cache(maxsize=4096)
def _advance(char: str) -> float:
    """Return about how wide a letter is, in parts of the font size; after Arial, rather too wide."""
    if category(char) in {"Mn", "Me", "Cf"}:
        return 0.0
    if east_asian_width(char) in {"W", "F", "A"}:
        return 1.0
    if char in _NARROW:
        return 0.3
    if char in _BROAD:
        return 0.88
    return 0.7 if char.isupper() else 0.55


def has_wide(text: str) -> bool:
    """Return whether a text has Chinese signs, or others as wide."""
    return not text.isascii() and any(east_asian_width(char) in {"W", "F"} for char in text)


def text_width(text: str, size: float = NORMAL) -> float:
    """Return about how wide a text is, in px.

    Examples
    --------
    >>> text_width("良师益友", 10)
    40.0
    """
    return sum(map(_advance, text)) * size


def fitted(text: str, room: float, size: float = NORMAL) -> str:
    """Return a text that fits in `room` px: whole, or its start and an ellipsis.

    Examples
    --------
    >>> fitted("Welding workshop", 60, 10)
    'Welding w…'
    """
    if text_width(text, size) <= room:
        return text
    left = room - size  # the ellipsis is as wide as a letter may be
    for place, char in enumerate(text):
        left -= _advance(char) * size
        if left < 0:
            return text[:place].rstrip() + "…"
    return text


def wrapped(text: str, room: float, size: float = NORMAL) -> list[str]:
    """Return the lines of a text that is broken to fit in `room` px, at spaces or between Chinese signs.

    Examples
    --------
    >>> wrapped("What is not on file", 60, 10)
    ['What is not', 'on file']
    """
    lines, line, width = [], "", 0.0
    for word in _words(text):
        more = text_width(word, size)
        if line and width + text_width(word.rstrip(), size) > room:
            lines.append(line.rstrip())
            line, width = "", 0.0
        line, width = line + word, width + more
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str) -> list[str]:
    words = [""]
    for char in text:
        words[-1] += char
        if char == " " or east_asian_width(char) in {"W", "F"}:
            words.append("")
    return [word for word in words if word]
