"""SVG to PNG by vl-convert, without a browser."""

from __future__ import annotations

from kamrules.errors import Fault, MissingExtraError

try:
    import vl_convert
except ImportError as error:
    raise MissingExtraError(
        Fault("X-PLOT", "a PNG needs vl-convert", hint="install `kamrules[plot]`")
    ) from error


def png_of(svg: str, scale: float) -> bytes:
    """Return an SVG as PNG, `scale` pixels for each px."""
    return bytes(vl_convert.svg_to_png(svg, scale=scale))


def svg_of(spec: dict[str, object]) -> str:
    """Return a Vega-Lite specification as SVG; its data stand in it, so nothing is fetched."""
    return str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))
