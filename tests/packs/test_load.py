"""Loading packs: every fault at once, at its place, with a hint; nothing but our errors on bad files."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kamrules as kr
from kamrules.errors import KamrulesError

HERE = Path(__file__).parent
GOOD = (HERE / "small.yaml").read_text(encoding="utf-8")


def faults_in(text: str, folder: Path) -> list[str]:
    path = folder / "pack.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        _, faults = kr.check_pack(path)
    except kr.PackError as error:
        faults = error.faults
    return [str(fault).replace(str(path), "pack.yaml") for fault in faults]


def test_nine_planted_faults_are_nine_reports_each_at_its_place() -> None:
    path = HERE / "nine_faults.yaml"
    _, faults = kr.check_pack(path)
    seen = [(fault.span.line, fault.span.column, fault.code) for fault in faults if fault.span]
    assert all(fault.hint for fault in faults)
    assert seen == [
        (7, 32, "P-VALUE"),
        (15, 20, "E-FIELD"),
        (20, 11, "P-REF"),
        (23, 22, "E-ENUM"),
        (24, 25, "E-TYPE"),
        (30, 11, "P-MISSING"),
        (36, 5, "P-FIELD"),
        (40, 21, "P-REF"),
        (50, 48, "E-SYNTAX"),
    ]


def test_load_pack_raises_all_faults_in_one_error() -> None:
    with pytest.raises(kr.PackError) as caught:
        kr.load_pack(HERE / "nine_faults.yaml")
    assert len(caught.value.faults) == 9
    assert caught.value.code == "KR200"


def test_a_good_pack_has_no_faults(tmp_path: Path) -> None:
    assert faults_in(GOOD, tmp_path) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("owner: me", "ower: me"), "P-FIELD"),
        (("version: 1.0.0", "version: one"), "P-VALUE"),
        (("kamrules: 1", "kamrules: 2"), "P-VALUE"),
        (("id: small\n", ""), "P-MISSING"),
        (("owner: me", "owner: me\nowner: you"), "P-DUPLICATE"),
        (("owner: me", "owner: !me you"), "P-TAG"),
        (("owner: me", "owner: !!binary eW91"), "P-TAG"),
        (("owner: me", "owner: me\nplays_when: !!set {}"), "P-TAG"),
        (("owner: me", "owner: " + "[" * 2000 + "]" * 2000), "P-LIMIT"),
        (("owner: me", "owner: me\nextends: " + "a" * 300), "P-PACK"),
        (("owner: me", "owner: {<<: {a: 1}}"), "P-MERGE"),
        (("owner: me", "owner: [unclosed"), "P-YAML"),
        (("title: {en: Small, zh: 小}", "title: {en: Small}"), "P-MISSING"),
        (("gate: M1.exit", "gate: M1"), "P-VALUE"),
        (("deal.budget_ok", "!has(deal.name) # x"), "P-"),
        (("def.big", "def.bog"), "E-NAME"),
        (("deal.est_value > param.cut", "def.big"), "P-CYCLE"),
        (("param.cut", "param.cat"), "E-NAME"),
        (("value: 10.00 CNY", "value: ten"), "P-VALUE"),
        (("budget_ok: {type: bool", "budget-ok: {type: bool"), "P-NAME"),
        (("budget_ok: {type: bool", "status: {type: bool"), "P-DUPLICATE"),
        (("  deal:\n    budget_ok", "  dael:\n    budget_ok"), "P-REF"),
        (("then: A", "then: Z"), "P-REF"),
        (("owner: me", "owner: me\ninclude: [../x.yaml]"), "P-INCLUDE"),
        (("owner: me", "owner: me\ninclude: [nothing.yaml]"), "P-INCLUDE"),
        (("owner: me", "owner: me\nextends: handbok"), "P-PACK"),
        (("owner: me", "owner: me\nextends: pack.yaml"), "P-CYCLE"),
        (("kind: soft", "all_of: [S.X1]"), "P-FORM"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[1][:30],
)
def test_each_defect_is_named(change: tuple[str, str], expected: str, tmp_path: Path) -> None:
    old, new = change
    assert old in GOOD
    found = faults_in(GOOD.replace(old, new, 1), tmp_path)
    assert any(expected in fault for fault in found), found
    assert all(fault.startswith("pack.yaml:") for fault in found), found


@pytest.mark.parametrize(
    ("field", "order", "expected"),
    [
        ("deal.stakeholders.stanse", "[neutral, mentor]", "P-REF: `deal.stakeholders.stanse` is no field"),
        ("stakeholders.stance", "[neutral, mentor]", "P-REF: `stakeholders.stance` is no field"),
        ("deal.stakeholders.influence", "[neutral, mentor]", "P-TYPE"),
        ("deal.stakeholders", "[neutral, mentor]", "P-TYPE"),
        (
            "deal.stakeholders.stance",
            "[neutral, mentr]",
            "P-REF: `mentr` is no value of it; did you mean `mentor`",
        ),
        ("deal.stakeholders.stance", "[neutral, neutral]", "P-REF: `neutral` is twice in the order"),
        ("deal.stakeholders.stance", "[neutral]", "P-"),
        ("deal.need.budget_state", "[none, funded]", ""),
    ],
)
def test_what_a_score_is_monotone_in(field: str, order: str, expected: str, tmp_path: Path) -> None:
    card = (
        "scorecards:\n  s:\n    title: {en: s, zh: s}\n    entries: {a: {points: 1, when: deal.budget_ok}}\n"
        f"    monotone_in:\n      - {{field: {field}, order: {order}}}\n"
    )
    found = faults_in(GOOD + card, tmp_path)
    assert len(found) == bool(expected), found
    assert all(expected in fault for fault in found), found


def test_an_extending_pack_overrides_by_id_and_deletes_with_null(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(GOOD, encoding="utf-8")
    child = """
kamrules: 1
id: child
version: 2.0.0
title: {en: Child, zh: 子}
owner: you
extends: base.yaml
params: {cut: {value: 20.00 CNY}}
criteria:
  S.X2: null
"""
    (tmp_path / "child.yaml").write_text(child, encoding="utf-8")
    base = kr.load_pack(tmp_path / "base.yaml")
    pack = kr.load_pack(tmp_path / "child.yaml")
    assert (pack.id, pack.params["cut"].value, base.params["cut"].value) == (
        "child",
        "20.00 CNY",
        "10.00 CNY",
    )
    assert "S.X2" not in pack.criteria
    assert "S.X1" in pack.criteria
    assert pack.hash != base.hash


def test_parameters_are_overridden_by_name_and_checked() -> None:
    pack = kr.load_pack(HERE / "small.yaml", params={"cut": "5.00 CNY"})
    assert pack.params["cut"].value == "5.00 CNY"
    assert pack.hash != kr.load_pack(HERE / "small.yaml").hash
    for bad in ({"cot": 1}, {"cut": "five"}, {"cut": True}):
        with pytest.raises(kr.PackError):
            kr.load_pack(HERE / "small.yaml", params=bad)


def test_criteria_that_need_each_other_are_a_fault(tmp_path: Path) -> None:
    text = GOOD.replace("met_when: deal.budget_ok", "all_of: [S.X2]").replace(
        "met_when: |-\n      def.big", "all_of: [S.X1]"
    )
    found = faults_in(text, tmp_path)
    assert [fault for fault in found if "P-CYCLE" in fault and "S.X1" in fault and "S.X2" in fault], found


def test_missing_packs_name_the_nearest() -> None:
    with pytest.raises(kr.PackError) as caught:
        kr.load_pack("handbok")
    assert caught.value.faults[0].hint == "did you mean `handbook`?"


def test_aliases_and_depth_are_bounded(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 9):
        bomb += f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 10) + "]\n"
    assert any("P-LIMIT" in fault for fault in faults_in(bomb, tmp_path))
    assert any("P-" in fault for fault in faults_in("a: " + "[" * 5000 + "]" * 5000, tmp_path))


def test_not_utf8_and_no_mapping_are_faults(tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_bytes(b"id: \xff\xfe")
    with pytest.raises(kr.PackError, match="I-UTF8"):
        kr.load_pack(path)
    assert faults_in("- a\n- b\n", tmp_path)
    assert faults_in("", tmp_path)


@pytest.fixture(scope="module")
def fuzz_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


_FRAGMENTS = [
    "&a", "*a", "!x", "|-\n", ": ", "- ", "{", "}", "[", "]", "null", "\t", "'", '"', "#", "\x07", "💥",
    "en:", "\n\n", "0x", "1e999", ".nan", "---\n", "? ", "M1.exit", "deal.", "99999999999999999999",
    "%YAML 9.9\n", "<<: *a",
]  # fmt: skip


@settings(max_examples=700, deadline=None)
@given(
    edits=st.lists(
        st.tuples(
            st.integers(0, len(GOOD)),
            st.integers(0, 12),
            st.one_of(st.sampled_from(_FRAGMENTS), st.text(max_size=5)),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_damaged_pack_gives_a_pack_or_our_error(
    edits: list[tuple[int, int, str]], fuzz_folder: Path
) -> None:
    text = GOOD
    for start, length, insert in edits:
        text = text[:start] + insert + text[start + length :]
    path = fuzz_folder / "pack.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass" if text.isprintable() else "replace")
    with contextlib.suppress(KamrulesError):
        kr.compile(kr.load_pack(path))


def test_a_version_of_yaml_named_too_late_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "pack.yaml"
    path.write_text(GOOD.replace("  S.X2:\n", "  S.X2:\n%YAML 9.9\n"), "utf-8")
    with pytest.raises(KamrulesError, match="P-YAML"):
        kr.load_pack(path)


def test_an_anchor_may_be_used_again(tmp_path: Path) -> None:
    text = GOOD.replace("owner: me", "owner: &a me").replace("version: 1.0.0", "version: &a 1.0.0")
    assert faults_in(text, tmp_path) == []


def test_a_custom_amount_is_in_the_currency_of_the_pack() -> None:
    engine = kr.compile(kr.load_pack(HERE.parents[1] / "examples" / "packs" / "posthog"))
    assert engine.read({"id": "D", "monthly_revenue": "7.50 USD"}).model_dump()["monthly_revenue"] == 750
    with pytest.raises(kr.RecordError, match="USD"):
        engine.read({"id": "D", "monthly_revenue": "7.50 CNY"})


def test_a_parameter_that_is_no_value_is_one_fault() -> None:
    with pytest.raises(KamrulesError) as caught:
        kr.load_pack("handbook", params={"rank_cut": float("inf")})
    message = "A-VALUE: `inf` given for parameter `rank_cut`, true, false, a finite number or a text expected"
    assert [str(fault) for fault in caught.value.faults] == [message]
