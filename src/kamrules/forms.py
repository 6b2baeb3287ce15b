"""The handbook's forms filled from a deal: what is filled, what is blank, and a printable page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from kamrules.engine import Engine
from kamrules.errors import ArgumentError, Fault, nearest
from kamrules.rules.lang.core import Field, Node, path_of
from kamrules.rules.lang.reference import Env, Place, Unknown, elements, value_of
from kamrules.rules.lang.types import ListOf, Money, Object
from kamrules.rules.planning import Each
from kamrules.rules.trace import Fact
from kamrules.wording import Language, escape_markdown

_WORDS = {
    "blank": ("to be filled in", "待填写"),
    "filled": ("required fields filled", "必填项已填"),
    "filled_by": ("filled in by", "填写人"),
    "reviewed_by": ("reviewed by", "审核人"),
    "as_of": ("as of", "截至"),
    "derived": (
        "The field list is derived; the handbook's own was a picture.",
        "字段为推定,手册原表为图片。",
    ),
    "field": ("field", "字段"),
    "value": ("value", "内容"),
}


@dataclass(frozen=True, slots=True)
class FilledField:
    """One field of a form: its title and what the deal holds for it, a text per list element."""

    key: str
    title: str
    required: bool
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form filled from one deal."""

    id: str
    title: str
    deal_id: str | None
    as_of: str
    fields: tuple[FilledField, ...]

    @property
    def blank(self) -> tuple[str, ...]:
        """Keys of the required fields that are blank."""
        return tuple(field.key for field in self.fields if field.required and not field.texts)

    @property
    def completeness(self) -> float:
        """Share of the required fields that are filled, 0 to 1; 1 when none is required."""
        required = [field for field in self.fields if field.required]
        return 1.0 if not required else 1 - len(self.blank) / len(required)


def fill_form(engine: Engine, form: str, deal: Any, *, as_of: date, language: Language = "en") -> FilledForm:
    """Fill a form from a deal.

    Parameters
    ----------
    engine : a compiled pack
    form : id of the form, such as "JTF-001"
    deal : mapping or record
    as_of : the day of the form
    language : "en" or "zh"

    Raises
    ------
    ArgumentError
        KR500 when the pack has no such form, with the nearest id.
    RecordError
        KR300 when the deal does not fit.

    Examples
    --------
    >>> import kamrules as kr
    >>> engine = kr.compile(kr.load_pack("handbook"))
    >>> filled = kr.fill_form(engine, "JTF-001", {"lead": {"source": "fair"}}, as_of=date(2026, 6, 30))
    >>> 0 < filled.completeness < 1
    True
    """
    spec = engine.pack.forms.get(form)
    if spec is None:
        hint = nearest(form, engine.pack.forms) or f"forms: {', '.join(engine.pack.forms)}"
        raise ArgumentError(Fault("A-FORM", f"no form `{form}`", hint=hint))
    record = engine.read(deal)
    fields = []
    for key, node in engine.forms[form].items():
        field = spec.fields[key]
        title = field_title(engine, form, key, language)
        env = {"deal": Place(record, "deal"), "as_of": Place(as_of, "as_of")}
        fields.append(FilledField(key, title, field.required, _texts(engine, node, env, language)))
    deal_id = getattr(record, "id", None)
    return FilledForm(form, spec.title.get(language), deal_id, as_of.isoformat(), tuple(fields))


def form_markdown(engine: Engine, filled: FilledForm, language: Language = "en") -> str:
    """Return a filled form as a printable Markdown page."""
    spec = engine.pack.forms[filled.id]

    def say(key: str) -> str:
        return _WORDS[key][1 if language == "zh" else 0]

    desks = [f"{say('filled_by')}: {spec.filled_by}"] if spec.filled_by else []
    if spec.reviewed_by:
        desks.append(f"{say('reviewed_by')}: {', '.join(spec.reviewed_by)}")
    required = sum(field.required for field in filled.fields)
    done = required - len(filled.blank)
    lines = [
        f"# {filled.id} {escape_markdown(filled.title)}",
        "",
        " · ".join([filled.deal_id or "–", f"{say('as_of')} {filled.as_of}", *desks]),
        "",
        f"{say('filled')}: {done}/{required}",
        "",
        f"| {say('field')} | {say('value')} |",
        "|---|---|",
    ]
    for field in filled.fields:
        mark = " \\*" if field.required else ""
        blank = f"*({say('blank')})*" if field.required else ""
        value = "<br>".join(escape_markdown(text) for text in field.texts) or blank
        lines.append(f"| {escape_markdown(field.title)}{mark} | {value} |")
    if spec.derived:
        lines += ["", say("derived")]
    return "\n".join(lines) + "\n"


def field_title(engine: Engine, form: str, key: str, language: Language = "en") -> str:
    """Return what people read a field of a form as."""
    title, node = engine.pack.forms[form].fields[key].title, engine.forms[form][key]
    if title is not None:
        return title.get(language)
    return engine.label(path_of(node), language) if isinstance(node, Field) else key


def _texts(engine: Engine, node: Node | Each, env: Env, language: Language) -> tuple[str, ...]:
    if isinstance(node, Each):
        chosen = [
            one for one in elements(node.range, node.var, env) or () if value_of(node.when, one) is True
        ]
        return tuple(text for one in chosen for text in _texts(engine, node.show, one, language))
    value = value_of(node, env)
    if isinstance(value, Unknown) or value == "":
        return ()
    kind = node.type if isinstance(node, Field) else None
    if isinstance(kind, ListOf):
        return tuple(text for element in value if (text := _element(element, language)))
    if isinstance(kind, Object):
        return tuple(filter(None, [_element(value, language)]))
    currency = kind.currency if isinstance(kind, Money) else None
    return (engine.show(Fact("", value, currency=currency), language),)


def _element(element: Any, language: Language) -> str:
    """Return a list element or sub-record on one line: its known plain values."""
    if not hasattr(element, "model_dump"):
        return str(element)
    yes = {"en": "yes", "zh": "是"}[language]
    parts = []
    for name, value in element.model_dump(exclude_none=True, mode="json").items():
        if name in {"id", "evidence"} or isinstance(value, list | dict) or value is False:
            continue
        info = type(element).model_fields[name]
        extra = info.json_schema_extra
        zh = extra.get("title_zh") if isinstance(extra, dict) else None
        title = str(zh) if language == "zh" and zh else str(info.title)
        parts.append(title if value is True else f"{title}: {value}")
    return "; ".join(parts) or yes
