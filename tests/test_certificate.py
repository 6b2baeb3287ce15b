"""A certificate says what a gate asked, and shows when anything in it, the pack or the record was changed."""

from __future__ import annotations

import functools
import json
import random
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import kamrules as kr
from kamrules.adapters import read_deals
from kamrules.certificate import Certificate, certify, read_certificate, verify
from kamrules.cli import application
from tests.frames.pipelines import DAY
from tests.handbook import handbook as engine

WELDING = Path(__file__).resolve().parents[1] / "examples" / "welding"
KEY = b"a secret of some length"


@functools.cache
def deals() -> dict[str, dict[str, Any]]:
    return {deal["id"]: deal for deal in read_deals(WELDING) if isinstance(deal, dict)}


def made(key: bytes | None = None) -> Certificate:
    return certify(engine(), deals()["D-04"], gate="M3.exit", as_of=DAY, key=key)


@pytest.mark.parametrize("key", [None, KEY])
def test_a_certificate_holds_after_a_round_trip(tmp_path: Path, key: bytes | None) -> None:
    path = tmp_path / "gate.json"
    path.write_text(made(key).to_json(), encoding="utf-8")
    read = read_certificate(path)
    assert read == made(key)
    assert verify(read, key=key) == ()
    assert verify(read, key=key, engine=engine(), deal=deals()["D-04"]) == ()
    assert {one.id for one in read.criteria} == {
        name
        for name, spec in engine().pack.criteria.items()
        if spec.gate == "M3.exit" and spec.kind == "hard"
    }


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [place for key, inner in value.items() for place in _places(inner, (*path, key))]
    if isinstance(value, list):
        return [place for index, inner in enumerate(value) for place in _places(inner, (*path, index))]
    return [path]


def test_every_change_of_a_value_is_seen(tmp_path: Path) -> None:
    data = json.loads(made().to_json())
    path = tmp_path / "gate.json"
    for place in random.Random(3).sample(_places(data), 40):
        changed = json.loads(json.dumps(data))
        holder = changed
        for step in place[:-1]:
            holder = holder[step]
        old = holder[place[-1]]
        holder[place[-1]] = (
            {None: "x", True: False, False: True}.get(old) if not isinstance(old, str) else old + "0"
        )
        if holder[place[-1]] is None:
            holder[place[-1]] = old + 1
        path.write_text(json.dumps(changed), encoding="utf-8")
        try:
            read = read_certificate(path)
        except kr.InputError:
            continue
        assert [fault.code for fault in verify(read)] == ["V-DIGEST"], place


def test_a_digest_made_anew_is_no_signature() -> None:
    signed = made(KEY)
    forged = signed.model_copy(update={"deal_id": "D-05"})
    assert [fault.code for fault in verify(forged, key=KEY)] == ["V-DIGEST"]
    assert [fault.code for fault in verify(signed, key=b"another secret of length")] == ["V-DIGEST"]
    with pytest.raises(kr.ArgumentError, match="a key is needed"):
        verify(signed)
    with pytest.raises(kr.ArgumentError, match="no key applies"):
        verify(made(), key=KEY)


def test_another_pack_and_a_changed_record_are_seen() -> None:
    other = kr.compile(kr.load_pack("handbook", params={"rank_cut": 30}))
    assert [fault.code for fault in verify(made(), engine=other)] == ["V-PACK"]
    changed = {**deals()["D-04"], "leader": None}
    codes = [fault.code for fault in verify(made(), engine=engine(), deal=changed)]
    assert codes[0] == "V-RECORD"
    assert "V-VERDICT" in codes


def test_a_gate_that_is_not_passed_has_no_certificate() -> None:
    with pytest.raises(kr.ArgumentError) as caught:
        certify(engine(), {"id": "D"}, gate="M3.exit", as_of=DAY)
    assert all(fault.code == "A-GATE" for fault in caught.value.faults)
    assert len(caught.value.faults) > 2
    with pytest.raises(kr.ArgumentError, match=r"did you mean `M3\.exit`"):
        certify(engine(), {"id": "D"}, gate="M3.exits", as_of=DAY)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}', "{" * 2000, '"x"'])
def test_what_is_no_certificate(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gate.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(kr.InputError):
        read_certificate(path)
    with pytest.raises(kr.InputError):
        read_certificate(tmp_path / "nowhere.json")


def test_the_commands(tmp_path: Path) -> None:
    run = CliRunner().invoke
    key, out = tmp_path / "key", tmp_path / "gate.json"
    key.write_bytes(KEY + b"\n")
    asked = ["--deal", "D-04", "--gate", "M3.exit", "--as-of", str(DAY), "--key-file", str(key)]
    assert run(application(), ["certify", str(WELDING), *asked, "-o", str(out)]).exit_code == 0
    found = run(application(), ["verify", str(out), "--key-file", str(key), "--on", str(WELDING)])
    assert (found.exit_code, "holds" in found.output) == (0, True)
    out.write_text(out.read_text(encoding="utf-8").replace("D-04", "D-05"), encoding="utf-8")
    found = run(application(), ["verify", str(out), "--key-file", str(key)])
    assert (found.exit_code, "V-DIGEST" in found.output) == (1, True)
    key.write_bytes(b"short")
    assert run(application(), ["verify", str(out), "--key-file", str(key)]).exit_code == 2
