"""What every record shares: labels in two languages, evidence on facts, money, strict dates.

A field that is absent or null is *unknown*; there is no other missing value. Names a model does not
have are refused, with the nearest valid name, because a misspelt field would silently become unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from kamrules.currency import minor_digits

EvidenceLevel = Literal["E0", "E1", "E2", "E3", "E4"]


def fact(  # noqa: PLR0913 - a label is six short texts
    en: str,
    zh: str,
    about_en: str = "",
    about_zh: str = "",
    *,
    unit: tuple[str, str] | None = None,
    claim: bool = False,
    **limits: Any,
) -> Any:
    """Declare one optional field: titles, descriptions and unit in en and zh.

    `claim` marks a statement about the buyer, to which evidence levels apply; `limits` are pydantic's
    own (`ge`, `le`, `min_length` …).
    """
    extra: dict[str, Any] = {
        "title_zh": zh,
        "description_zh": about_zh or zh,
        "claim": claim,
    }
    if unit:
        extra["unit"], extra["unit_zh"] = unit
    return Field(default=None, title=en, description=about_en or en, json_schema_extra=extra, **limits)


def _read_date(value: Any) -> Any:
    if isinstance(value, datetime):
        raise PydanticCustomError("date", "a date without a time is expected, such as 2026-03-31")
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise PydanticCustomError("date", "a date is expected, such as 2026-03-31") from None
    return value


def _read_moment(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise PydanticCustomError(
                "moment", "a time is expected, such as 2026-03-31T09:30:00+08:00"
            ) from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise PydanticCustomError("moment", "a time needs its zone, such as 2026-03-31T09:30:00+08:00")
        return value.astimezone(UTC)
    return value


Day = Annotated[date, BeforeValidator(_read_date)]
Moment = Annotated[datetime, BeforeValidator(_read_moment)]

_AMOUNT_TEXT = r"(-?\d+(?:\.\d+)?)\s*"
_AMOUNT = re.compile(_AMOUNT_TEXT + r"([A-Z]{3})?")


def parse_amount(text: str, currency: str) -> int:
    """Return the minor units of a decimal text such as `50000.00` or `50000.00 CNY`.

    Raises `ValueError` with a plain reason when the text is no amount, names another currency or has
    more decimals than the currency.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        message = f"an amount such as `50000.00 {currency}` is expected"
        raise ValueError(message)
    number, named = match.groups()
    if named is not None and named != currency:
        message = f"the amount is in {named}, this pipeline is in {currency}"
        raise ValueError(message)
    try:
        minor = Decimal(number).scaleb(minor_digits(currency))
        exact = int(minor)
    except (InvalidOperation, OverflowError):
        message = "the amount is too large"
        raise ValueError(message) from None
    if exact != minor:
        message = f"the amount has more decimals than {currency} has"
        raise ValueError(message)
    return exact


@dataclass(frozen=True, slots=True)
class Money:
    """Marks an int field as an amount in minor units of `currency`; texts like `50000.00 CNY` are read."""

    currency: str = "CNY"

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        """Read amounts written as decimal texts before the int check."""
        from pydantic_core import core_schema  # noqa: PLC0415 - pydantic's own protocol

        def read(value: Any) -> Any:
            if isinstance(value, str):
                try:
                    return parse_amount(value, self.currency)
                except ValueError as error:
                    raise PydanticCustomError("money", "{reason}", {"reason": str(error)}) from None
            if isinstance(value, float):
                raise PydanticCustomError(
                    "money",
                    "an amount is a whole number of minor units or a text such as `50000.00 {currency}`",
                    {"currency": self.currency},
                )
            return value

        return core_schema.no_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(self, source: Any, handler: Any) -> dict[str, Any]:
        """Say that an amount may be a decimal text, too."""
        names = {"ge": "minimum", "le": "maximum"}  # pydantic leaves its own words below a validator
        whole = {names.get(key, key): value for key, value in handler(source).items()}
        text = {"type": "string", "pattern": f"^\\s*{_AMOUNT_TEXT}(?:{self.currency})?\\s*$"}
        return {"anyOf": [text, whole]}


Amount = Annotated[int, Money(), Field(ge=-(2**63), le=2**63 - 1)]
PositiveAmount = Annotated[int, Money(), Field(ge=0, le=2**63 - 1)]
Whole = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]


class Evidence(BaseModel):
    """How a fact is known: level, source and day (HANDBOOK 0.3).

    E0 none, E1 the seller says so, E2 a second source, E3 an act or paper of the buyer, E4 contract-grade.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    level: EvidenceLevel = Field(title="Evidence level", description="E0 none … E4 contract-grade")
    source: str | None = Field(default=None, title="Source", description="who or what the fact comes from")
    at: Day | None = Field(default=None, title="Date", description="the day the evidence was obtained")
    sources: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, title="Sources", description="how many sources say so independently of each other"
    )


class Record(BaseModel):
    """Base of all records: every business field may be missing; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, validate_default=False)

    evidence: dict[str, Evidence] | None = Field(
        default=None,
        title="Evidence",
        description="evidence per field name of this record",
        json_schema_extra={"title_zh": "证据", "description_zh": "按字段名记录的证据"},
    )


def label_of(model: type[BaseModel], name: str, language: str) -> str:
    """Return the title of a field in `en` or `zh`, or the bare name when it has none."""
    info = model.model_fields.get(name)
    if info is None:
        return name
    extra = info.json_schema_extra
    if language == "zh" and isinstance(extra, Mapping):
        return str(extra.get("title_zh") or info.title or name)
    return info.title or name
