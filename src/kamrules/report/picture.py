"""A picture: SVG with a title, a text for who cannot see it, and the ways to show and to keep it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from xml.sax.saxutils import escape, quoteattr

from kamrules.errors import ArgumentError, Fault
from kamrules.report.ink import STYLE
from kamrules.source import visible
from kamrules.validation import shown
from kamrules.wholefile import bytes_file, text_file
from kamrules.wording import Language

ENDINGS = (".svg", ".png")
_MAX_SCALE = 10.0  # a 40-person map at this scale is 200 million pixels


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as SVG.

    Parameters
    ----------
    kind : what it shows, such as `map`
    title : one line
    alt : what it shows, in words, for who cannot see it
    language : "en" or "zh"
    width, height : px
    body : SVG elements, every text in them escaped
    """

    kind: str
    title: str
    alt: str
    language: Language
    width: float
    height: float
    body: str

    def svg(self) -> str:
        """Return a whole SVG file."""
        return self._root(' xmlns="http://www.w3.org/2000/svg"', f"<style>{STYLE}</style>")

    def fragment(self) -> str:
        """Return the SVG for an HTML page that has `ink.STYLE` once for all its pictures."""
        return self._root("", "")

    def _root(self, namespace: str, style: str) -> str:
        width, height = f"{self.width:.0f}", f"{self.height:.0f}"
        title = visible(self.title)
        label = quoteattr(visible(f"{self.title}. {self.alt}"))
        return (
            f'<svg{namespace} class="kr" role="img" lang="{self.language}" aria-label={label}'
            f' width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
            f"<title>{escape(title)}</title>{style}{self.body}</svg>"
        )

    def png(self, scale: float = 2.0) -> bytes:
        """Return the picture as PNG, `scale` pixels for each px.

        Raises
        ------
        ArgumentError
            A-VALUE when `scale` is not above 0 and at most 10.
        MissingExtraError
            X-PLOT when vl-convert is not installed.
        """
        if type(scale) not in {int, float} or not 0 < scale <= _MAX_SCALE:
            message = f"{shown(scale)} given for scale, a number above 0 and at most {_MAX_SCALE:g} expected"
            raise ArgumentError(Fault("A-VALUE", message))
        from kamrules.report.converting import png_of  # noqa: PLC0415 - needs an extra

        return png_of(self.svg(), scale)

    def save(self, path: str | Path, *, scale: float = 2.0) -> None:
        """Write the picture to a file, whole or not at all; its ending says how.

        Raises
        ------
        ArgumentError
            A-OUTPUT when the ending is neither .svg nor .png or the file cannot be written, A-VALUE as `png`.
        MissingExtraError
            As `png`.
        """
        target = Path(path)
        if ending_of(target) == ".svg":
            with text_file(target) as stream:
                stream.write(self.svg() + "\n")
            return
        data = self.png(scale)
        with bytes_file(target) as raw:
            raw.write(data)

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        return self.svg()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return the forms a notebook may choose from; it filters them itself."""
        del include, exclude
        return {"image/svg+xml": self.svg(), "text/plain": f"{self.title}. {self.alt}"}


def ending_of(path: Path) -> str:
    """Return the ending of a picture's file, ArgumentError A-OUTPUT when there is no such form."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        seen = f"ends in {shown(ending)}" if ending else "has no ending"
        message = f"`{path}` {seen}, {' or '.join(ENDINGS)} expected"
        raise ArgumentError(Fault("A-OUTPUT", message))
    return ending


def checked_language(language: Any) -> Language:
    """Return the language, ArgumentError A-VALUE when it is none we speak."""
    if language not in get_args(Language):
        message = f"{shown(language)} given for language, {' or '.join(get_args(Language))} expected"
        raise ArgumentError(Fault("A-VALUE", message))
    spoken: Language = language
    return spoken
