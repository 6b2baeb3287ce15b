"""A table of a pack to DMN or a workbook and back: the same rows hold, also where facts are unknown."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kamrules.decisions.dmn import DMN_1_3, read_dmn, to_dmn
from kamrules.decisions.grid import Grid, kinds_of
from kamrules.decisions.inward import Section, pack_section, section_text
from kamrules.decisions.outward import of_pack
from kamrules.engine import Engine, compile, load_pack  # noqa: A004 - the library's word
from kamrules.errors import ArgumentError, InputError
from kamrules.records import Deal

KIND_OF = kinds_of(Deal)
HEAD = """\
kamrules: 1
id: tables
version: 1.0.0
title: {en: t, zh: t}
owner: us
params:
  cut: {value: 10, unit: ranks, title: {en: c, zh: c}, source: {ref: x}, reason: {en: r, zh: r}}
defs:
  is_big:
    title: {en: Big, zh: 大}
    expr: |-
      deal.account.employees > 1000
    source: {ref: x}
"""


def pack_text(rows: dict[str, str], hit: str = "unique") -> str:
    lines = "".join(
        f"      {name}:\n        when: |-\n          {when}\n        then: {name}\n"
        for name, when in rows.items()
    )
    outputs = ", ".join(rows)
    table = (
        f"tables:\n  t:\n    hit: {hit}\n    title: {{en: T, zh: 表}}\n    outputs: [{outputs}]\n    rows:\n"
    )
    return f"{HEAD}{table}{lines}"


def engine_of(folder: Path, text: str) -> Engine:
    path = folder / "pack.yaml"
    path.write_text(text, "utf-8")
    return compile(load_pack(path))


def grid_of(engine: Engine) -> Grid:
    return of_pack(engine.pack, "t", KIND_OF)


def through_dmn(folder: Path, grid: Grid) -> Grid:
    (folder / "t.dmn").write_text(to_dmn(grid), "utf-8")
    return read_dmn(folder / "t.dmn")


def through_workbook(folder: Path, grid: Grid) -> Grid:
    workbook = pytest.importorskip("kamrules.decisions.workbook", reason="openpyxl is not installed")
    workbook.write_workbook(folder / "t.xlsx", grid)
    found: Grid = workbook.read_workbook(folder / "t.xlsx")
    return found


ATOMS = [
    "deal.account.employees > 10",
    "100 >= deal.account.employees",
    "deal.account.employees < param.cut",
    "deal.account.employees != 5",
    "deal.account.employees == 5 || deal.account.employees > 7",
    "deal.account.employees in [1, 2, 3]",
    "!(deal.account.employees in [1, 2, 3])",
    'deal.status == "open"',
    'deal.status in ["won", "lost"]',
    'deal.status != "open"',
    "deal.buyer_intent",
    "!deal.buyer_intent",
    "has(deal.account.employees)",
    "!has(deal.status)",
    'deal.created_on >= date("2026-01-05")',
    "deal.created_on < as_of",
    'deal.est_value > money("10.50 CNY")',
    'deal.est_value == money("7 CNY") || deal.est_value < money("5 CNY")',
    'deal.need_summary == "a \\"quoted\\" one, with <b>"',
    "def.is_big",
    "deal.activities.exists(a, a.completed)",
    'deal.buyer_intent || deal.status == "open"',
    'as_of - deal.created_on > duration("30d")',
]
conditions = st.lists(st.sampled_from(ATOMS), min_size=1, max_size=4, unique=True).map(
    lambda parts: " && ".join(f"({part})" if "||" in part else part for part in parts)
)
deals = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["open", "won", "lost"]),
        "buyer_intent": st.booleans(),
        "created_on": st.sampled_from([date(2026, 1, 4), date(2026, 1, 5), date(2026, 7, 1)]),
        "est_value": st.sampled_from([0, 499, 500, 700, 1050, 1051]),
        "need_summary": st.sampled_from(['a "quoted" one, with <b>', "other"]),
        "account": st.fixed_dictionaries(
            {}, optional={"employees": st.sampled_from([0, 2, 5, 8, 10, 11, 100, 101, 5000])}
        ),
        "activities": st.lists(
            st.fixed_dictionaries({}, optional={"completed": st.booleans()}), max_size=2
        ),
    },
)  # fmt: skip


@pytest.mark.parametrize("through", [through_dmn, through_workbook])
@given(data=st.data())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_table_means_the_same_after_the_round_trip(
    tmp_path: Path, through: Callable[[Path, Grid], Grid], data: st.DataObject
) -> None:
    rows = {f"r{number}": data.draw(conditions) for number in range(data.draw(st.integers(1, 4)))}
    engine = engine_of(tmp_path, pack_text(rows, data.draw(st.sampled_from(["unique", "first", "collect"]))))
    section = pack_section(through(tmp_path, grid_of(engine)), KIND_OF, {})
    again = engine_of(tmp_path, HEAD + section_text(section))
    assert again.pack.tables["t"].hit == engine.pack.tables["t"].hit
    assert again.pack.tables["t"].outputs == engine.pack.tables["t"].outputs
    for deal in data.draw(st.lists(deals, min_size=8, max_size=20)):
        day = date(2026, 6, 1)
        assert again.run(deal, as_of=day).tables == engine.run(deal, as_of=day).tables


def test_parts_of_a_row_become_cells(tmp_path: Path) -> None:
    grid = grid_of(
        engine_of(
            tmp_path,
            pack_text(
                {
                    "a": 'deal.account.employees > 10 && deal.account.employees <= 20 && deal.status == "open"',
                    "b": "deal.account.employees <= param.cut && !deal.buyer_intent",
                }
            ),
        )
    )
    assert [column.expression for column in grid.columns] == [
        "deal.account.employees",
        "deal.status",
        "deal.buyer_intent",
    ]
    assert [column.type for column in grid.columns] == ["number", "string", "boolean"]
    assert [rule.cells for rule in grid.rules] == [
        ("(10..20]", '"open"', "-"),
        ("<= param.cut", "-", "false"),
    ]


def test_negation_does_not_hold_for_a_missing_input_in_feel_either(tmp_path: Path) -> None:
    grid = grid_of(engine_of(tmp_path, pack_text({"a": 'deal.status != "open"'})))
    assert grid.rules[0].cells == ('not("open", null)',)


def test_what_cannot_be_carried_is_named(tmp_path: Path) -> None:
    text = pack_text(
        {"a": "deal.activities.exists(a, a.completed) && def.is_big", "b": 'deal.est_value > money("1 CNY")'}
    )
    text = text.replace("then: a\n", "then: a\n        min_evidence: E2\n        source: {ref: x}\n")
    text = text.replace("    rows:\n", "    valid_for: |-\n      deal.account.rank_year\n    rows:\n")
    notes = "\n".join(grid_of(engine_of(tmp_path, text)).notes)
    for word in ("title:", "valid_for:", "source:", "min_evidence: of a", "unknown:", "in the language of the pack",
                 "`def.is_big` is a definition", "in CNY"):  # fmt: skip
        assert word in notes


def test_document_has_the_elements_of_dmn_1_3_in_their_order(tmp_path: Path) -> None:
    from xml.etree import ElementTree

    grid = grid_of(
        engine_of(tmp_path, pack_text({"a": "deal.buyer_intent", "b": "deal.account.employees > param.cut"}))
    )
    root = ElementTree.fromstring(to_dmn(grid))
    names = [re.sub(r"\{.*\}", "", one.tag) for one in root.iter()]
    assert {one.tag.split("}")[0] for one in root.iter()} == {f"{{{DMN_1_3}"}
    assert names[:4] == ["definitions", "decision", "description", "variable"]
    table = root.find(f".//{{{DMN_1_3}}}decisionTable")
    assert table is not None
    assert table.get("hitPolicy") == "UNIQUE"
    kinds = [re.sub(r"\{.*\}", "", one.tag) for one in table]
    assert kinds == ["input", "input", "output", "annotation", "rule", "rule"]
    ids = [one.get("id") for one in root.iter() if one.get("id") is not None]
    assert len(ids) == len(set(ids))
    assert [one.get("name") for one in root.findall(f"{{{DMN_1_3}}}inputData")] == ["deal", "param"]


def test_unknown_table_is_refused_with_the_nearest(tmp_path: Path) -> None:
    engine = engine_of(tmp_path, pack_text({"a": "deal.buyer_intent"}))
    with pytest.raises(ArgumentError, match="no table `tt` in pack tables; did you mean `t`"):
        of_pack(engine.pack, "tt", KIND_OF)


DMN = """\
<definitions xmlns="{space}" id="d" name="d" namespace="x">
<decision id="dec" name="tiers"><description>What tier</description>
<decisionTable id="t" {policy}>
 <input id="i1"><inputExpression typeRef="number"><text>{first}</text></inputExpression></input>
 <input id="i2"><inputExpression typeRef="string"><text>deal.status</text></inputExpression></input>
 <output id="o">{values}</output>
 {rules}
</decisionTable></decision></definitions>
"""
RULE = "<rule id='{id}'><inputEntry><text>{a}</text></inputEntry><inputEntry><text>{b}</text></inputEntry>" \
       "<outputEntry><text>{out}</text></outputEntry></rule>"  # fmt: skip
VALUES = '<outputValues><text>"A","B"</text></outputValues>'


def dmn(
    folder: Path, *rows: tuple[str, str, str], first: str = "deal.account.employees", policy: str = "",
    values: str = VALUES, space: str = DMN_1_3, names: dict[str, str] | None = None,
) -> Section:  # fmt: skip
    rules = "".join(
        RULE.format(id=f"r{number}", a=a.replace("<", "&lt;"), b=b, out=out)
        for number, (a, b, out) in enumerate(rows or [("> 5", "-", '"A"')])
    )
    text = DMN.format(space=space, first=first, policy=policy, values=values, rules=rules)
    (folder / "in.dmn").write_text(text, "utf-8")
    return pack_section(read_dmn(folder / "in.dmn"), KIND_OF, names or {})


def table_of(section: Section) -> Any:
    return section.tables["tiers"]


def whens(section: Section) -> list[tuple[str, str]]:
    return [(row["when"], row["then"]) for row in table_of(section)["rows"].values()]


def test_table_of_another_tool_becomes_rows(tmp_path: Path) -> None:
    section = dmn(tmp_path, ("[1..9]", '"open","won"', '"A"'), ("not(5)", "-", '"B"'), ("-", "-", "true"))
    assert table_of(section)["title"] == {"en": "What tier", "zh": "What tier"}
    assert table_of(section)["outputs"] == ["A", "B", "true"]
    assert whens(section) == [
        ('deal.account.employees >= 1 && deal.account.employees <= 9 && deal.status in ["open", "won"]', "A"),
        ("!(deal.account.employees == 5)", "B"),
        ("true", "true"),
    ]


@pytest.mark.parametrize(
    "space",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_other_versions_of_dmn_are_read(tmp_path: Path, space: str) -> None:
    assert whens(dmn(tmp_path, space=space)) == [("deal.account.employees > 5", "A")]


def test_priority_gives_the_best_output_first(tmp_path: Path) -> None:
    section = dmn(tmp_path, ("> 1", "-", '"B"'), ("> 5", "-", '"A"'), policy='hitPolicy="PRIORITY"')
    assert table_of(section)["hit"] == "first"
    assert [then for _, then in whens(section)] == ["A", "B"]
    assert any("PRIORITY" in note for note in section.notes)


def test_any_says_that_agreement_is_not_checked(tmp_path: Path) -> None:
    section = dmn(tmp_path, policy='hitPolicy="ANY"')
    assert any("that all rows agree is not checked" in note for note in section.notes)


@pytest.mark.parametrize(("policy", "when"), [("FIRST", "true"), ("UNIQUE", "!(deal.account.employees > 5)")])
def test_default_output_is_a_row_that_holds_where_no_other_does(
    tmp_path: Path, policy: str, when: str
) -> None:
    values = VALUES + '<defaultOutputEntry><text>"none"</text></defaultOutputEntry>'
    section = dmn(tmp_path, policy=f'hitPolicy="{policy}"', values=values)
    assert whens(section)[-1] == (when, "none")
    assert table_of(section)["outputs"] == ["A", "B", "none"]


def test_input_of_another_name_is_given_its_path(tmp_path: Path) -> None:
    section = dmn(tmp_path, first="Number of staff", names={"Number of staff": "deal.account.employees"})
    assert whens(section) == [("deal.account.employees > 5", "A")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first": "Number of staff"}, "input 1 `Number of staff` is no path of a deal"),
        ({"policy": 'hitPolicy="RULE ORDER"'}, "hit policy `RULE ORDER` has no counterpart"),
        ({"policy": 'hitPolicy="COLLECT" aggregation="SUM"'}, "aggregation `SUM` has no counterpart"),
        ({"policy": 'hitPolicy="PRIORITY"', "values": ""}, "PRIORITY needs the output values"),
        ({"space": "http://example.com/"}, "is no DMN document of 1.1 to 1.5"),
    ],
)
def test_what_has_no_counterpart_is_refused(tmp_path: Path, options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        dmn(tmp_path, **options)


def test_every_cell_outside_the_subset_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        dmn(tmp_path, ("? > 5", "-", '"A"'), ("> 1.5", "some x in y", '"A"'))
    assert [fault.where for fault in caught.value.faults] == [
        "tiers, rule 1, column 1",
        "tiers, rule 2, column 1",
        "tiers, rule 2, column 2",
    ]
    with pytest.raises(InputError, match="no literal"):
        dmn(tmp_path, ("> 1", "-", "deal.name"))


def test_several_outputs_and_several_decisions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 outputs given"):
        dmn(tmp_path, values="</output><output id='p'>")
    text = (tmp_path / "in.dmn").read_text("utf-8").replace("</definitions>", "")
    second = text[text.index("<decision ") :].replace('"tiers"', '"other"')
    (tmp_path / "two.dmn").write_text(f"{text}{second}</definitions>", "utf-8")
    with pytest.raises(InputError, match="seen: `tiers`, `other`; name one with --id"):
        read_dmn(tmp_path / "two.dmn")


BOMB = '<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{BOMB}<definitions>&b;</definitions>", "a document type is not read"),
        (f"{OUTSIDE}<definitions>&x;</definitions>", "a document type is not read"),
        ('<!DOCTYPE d SYSTEM "http://example.com/d.dtd"><definitions/>', "a document type is not read"),
        ("<definitions>", "not XML: no element found"),
        ("", "not XML: no element found"),
        ("<a>&undefined;</a>", "not XML: undefined entity"),
        ("<a>" * 100 + "</a>" * 100, "nested deeper than 60"),
        ("PK\x03\x04", "not XML"),
    ],
)
def test_hostile_documents_are_refused_unread(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.dmn").write_text(text, "utf-8")
    with pytest.raises(InputError, match=message):
        read_dmn(tmp_path / "x.dmn")


def test_document_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kamrules.decisions.safexml.MAX_BYTES", 10)
    (tmp_path / "x.dmn").write_text("<definitions/>", "utf-8")
    with pytest.raises(InputError, match="I-SIZE"):
        read_dmn(tmp_path / "x.dmn")


def test_text_that_looks_like_a_formula_stays_text_in_a_workbook(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    grid = grid_of(engine_of(tmp_path, pack_text({"a": "deal.buyer_intent"}).replace("en: T", 'en: "=1+1"')))
    assert through_workbook(tmp_path, grid).title == "=1+1"
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[0]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_formula_in_a_workbook_is_refused(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    through_workbook(tmp_path, grid_of(engine_of(tmp_path, pack_text({"a": "deal.buyer_intent"}))))
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    book.worksheets[0]["B9"] = "=A1"
    book.save(tmp_path / "t.xlsx")
    from kamrules.decisions.workbook import read_workbook

    with pytest.raises(InputError, match="t.xlsx row 9: I-TABLE: a formula in a cell"):
        read_workbook(tmp_path / "t.xlsx")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"<html>"])
def test_file_that_is_no_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    workbook = pytest.importorskip("kamrules.decisions.workbook", reason="openpyxl is not installed")
    (tmp_path / "x.xlsx").write_bytes(content)
    with pytest.raises(InputError, match="I-XLSX"):
        workbook.read_workbook(tmp_path / "x.xlsx")


def test_workbook_with_a_document_type_is_refused(tmp_path: Path) -> None:
    import zipfile

    workbook = pytest.importorskip("kamrules.decisions.workbook", reason="openpyxl is not installed")
    with zipfile.ZipFile(tmp_path / "x.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", f"{BOMB}<a>&b;</a>")
    with pytest.raises(InputError, match="has a document type"):
        workbook.read_workbook(tmp_path / "x.xlsx")


def test_commands_lead_from_a_pack_to_dmn_and_back(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from kamrules.cli import application

    engine_of(tmp_path, pack_text({"a": "deal.buyer_intent", "b": "!deal.buyer_intent"}))
    runner, app = CliRunner(), application()

    def run(*arguments: object) -> Any:
        return runner.invoke(app, [str(one) for one in arguments])

    pack, document, part = tmp_path / "pack.yaml", tmp_path / "t.dmn", tmp_path / "t.yaml"
    made = run("table", "export", pack, "--id", "t", "-o", document)
    assert made.exit_code == 0, made.output
    assert "not carried: title: its Chinese, 表" in made.output
    back = run("table", "import", document, "--pack", pack, "--as", "copy", "-o", part)
    assert back.exit_code == 0, back.output
    assert "  copy:\n    hit: unique\n" in part.read_text("utf-8")
    assert run("table", "import", document, "--pack", pack, "-o", part).exit_code == 2
    assert run("table", "export", pack, "--id", "u", "-o", document).exit_code == 2
    assert run("table", "export", pack, "--id", "t", "-o", tmp_path / "t.txt").exit_code == 2
