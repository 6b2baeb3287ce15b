"""How many decimals the minor unit of a currency has."""

from __future__ import annotations

# ISO 4217 currencies whose minor unit is not 1/100 (source: ISO 4217 table A.1).
MINOR_DIGITS = {
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "CLP": 0,
    "ISK": 0,
    "BHD": 3,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
    "JOD": 3,
}


def minor_digits(currency: str) -> int:
    """Return how many decimals the minor unit of an ISO 4217 currency has."""
    return MINOR_DIGITS.get(currency, 2)
