"""A table of a pack to DMN or a workbook and back: the same rows hold, also where facts are unknown."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kamrules.decisions.dmn import DMN_1_3, read_dmn, to_dmn
from kamrules.decisions.grid import Grid
from kamrules.decisions.inward import Section, pack_section, section_text
from kamrules.decisions.outward import of_pack
from kamrules.engine import load_pack
from kamrules.errors import ArgumentError, InputError
from kamrules.records import Deal
from kamrules.rules.backends.reference import table_rows
from kamrules.rules.lang.parse import parse
from kamrules.rules.lang.reference import Place
from kamrules.rules.lang.typecheck import check
from kamrules.rules.pack import Pack
from kamrules.rules.packformat import DecisionTable
from kamrules.rules.plan import Row, Table
from kamrules.rules.vocabulary import Vocabulary
from kamrules.source import Text
from kamrules.yamltext import parse_yaml

Dmn = Callable[..., Section]

HEAD = """\
kamrules: 1
id: tables
version: 1.0.0
title: {en: t, zh: t}
owner: us
params:
  cut: {type: int, value: 10, title: {en: c, zh: c}, source: {ref: x}}
defs:
  is_big:
    title: {en: Big, zh: 大}
    expr: |-
      deal.account.employees > 1000
    source: {ref: x}
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    path = tmp_path_factory.mktemp("pack") / "pack.yaml"
    path.write_text(HEAD, "utf-8")
    return load_pack(path)


def with_rows(base: Pack, *rows: str, hit: str = "unique", **fields: Any) -> Pack:
    """Return the pack with a table `t` whose rows give their own ids."""
    named = {f"r{number}": {"when": when, "then": f"r{number}"} for number, when in enumerate(rows)}
    table = {"hit": hit, "title": {"en": "T", "zh": "表"}, "outputs": list(named), "rows": named, **fields}
    return replace(base, tables={"t": DecisionTable.model_validate(table)})


def rows_of(pack: Pack) -> Table:
    """Return the table made ready for the reference evaluator."""
    scope, spec = Vocabulary(pack).scope(), pack.tables["t"]
    found = [
        Row(name, check(parse(Text(row.when)), Text(row.when), scope), row.then)
        for name, row in spec.rows.items()
    ]
    return Table("t", spec.hit, tuple(found))


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
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_table_means_the_same_after_the_round_trip(
    base: Pack, tmp_path: Path, through: Callable[[Path, Grid], Grid], data: st.DataObject
) -> None:
    rows = data.draw(st.lists(conditions, min_size=1, max_size=4))
    pack = with_rows(base, *rows, hit=data.draw(st.sampled_from(["unique", "first", "collect"])))
    section = pack_section(through(tmp_path, of_pack(pack, "t")), pack)
    read = parse_yaml(section_text(section)).data()
    again = replace(base, tables={"t": DecisionTable.model_validate(read["tables"]["t"])})
    assert again.tables["t"].outputs == pack.tables["t"].outputs
    before, after = rows_of(pack), rows_of(again)
    assert (before.hit, [row.output for row in before.rows]) == (
        after.hit,
        [row.output for row in after.rows],
    )
    for deal in data.draw(st.lists(deals, min_size=8, max_size=20)):
        place = {"deal": Place(Deal.model_validate(deal), "deal"), "as_of": Place(date(2026, 6, 1), "as_of")}
        assert table_rows(after, place) == table_rows(before, place)


def test_parts_of_a_row_become_cells(base: Pack) -> None:
    first = 'deal.account.employees > 10 && deal.account.employees <= 20 && deal.status == "open"'
    grid = of_pack(with_rows(base, first, "deal.account.employees <= param.cut && !deal.buyer_intent"), "t")
    names = ["deal.account.employees", "deal.status", "deal.buyer_intent"]
    assert [column.expression for column in grid.columns] == names
    assert [column.type for column in grid.columns] == ["number", "string", "boolean"]
    cells = [("(10..20]", '"open"', "-"), ("<= param.cut", "-", "false")]
    assert [rule.cells for rule in grid.rules] == cells


def test_negation_does_not_hold_for_a_missing_input_in_feel_either(base: Pack) -> None:
    grid = of_pack(with_rows(base, 'deal.status != "open"'), "t")
    assert grid.rules[0].cells == ('not("open", null)',)


def test_what_cannot_be_carried_is_named(base: Pack) -> None:
    pack = with_rows(
        base,
        "deal.activities.exists(a, a.completed) && def.is_big",
        'deal.est_value > money("1 CNY")',
        valid_for="deal.account.rank_year",
    )
    row = pack.tables["t"].rows["r0"].model_copy(update={"min_evidence": "E2"})
    spec = pack.tables["t"].model_copy(update={"rows": {**pack.tables["t"].rows, "r0": row}})
    notes = "\n".join(of_pack(replace(pack, tables={"t": spec}), "t").notes)
    assert "title: its Chinese, 表" in notes
    assert "valid_for: `deal.account.rank_year`" in notes
    assert "min_evidence: of r0" in notes
    assert "unknown: a rule with a missing input does not fire" in notes
    assert "`deal.activities.exists(a, a.completed)` is in the language of the pack" in notes
    assert "`def.is_big` is a definition of the pack" in notes
    assert "`deal.est_value` is in CNY" in notes


def test_document_has_the_elements_of_dmn_1_3_in_their_order(base: Pack) -> None:
    grid = of_pack(with_rows(base, "deal.buyer_intent", "deal.account.employees > param.cut"), "t")
    root = ET.fromstring(to_dmn(grid))
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


def test_unknown_table_is_refused_with_the_nearest(base: Pack) -> None:
    with pytest.raises(ArgumentError, match="no table `tt` in pack tables; did you mean `t`"):
        of_pack(with_rows(base, "deal.buyer_intent"), "tt")


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
RULE = """\
<rule id="{id}"><inputEntry><text>{a}</text></inputEntry><inputEntry><text>{b}</text></inputEntry>
<outputEntry><text>{out}</text></outputEntry></rule>
"""
VALUES = '<outputValues><text>"A","B"</text></outputValues>'


@pytest.fixture
def dmn(base: Pack, tmp_path: Path) -> Callable[..., Section]:
    """Read a small document of another tool; the arguments are its rows and what differs."""

    def read(*rows: tuple[str, str, str], paths: dict[str, str] | None = None, **parts: str) -> Section:
        rules = "".join(
            RULE.format(id=f"r{number}", a=a.replace("<", "&lt;"), b=b, out=out)
            for number, (a, b, out) in enumerate(rows or [("> 5", "-", '"A"')])
        )
        known = {"space": DMN_1_3, "first": "deal.account.employees", "policy": "", "values": VALUES}
        (tmp_path / "in.dmn").write_text(DMN.format(**{**known, **parts}, rules=rules), "utf-8")
        return pack_section(read_dmn(tmp_path / "in.dmn"), base, paths)

    return read


def table_of(section: Section) -> Any:
    return section.tables["tiers"]


def whens(section: Section) -> list[tuple[str, str]]:
    return [(row["when"], row["then"]) for row in table_of(section)["rows"].values()]


def test_table_of_another_tool_becomes_rows(dmn: Dmn) -> None:
    section = dmn(("[1..9]", '"open","won"', '"A"'), ("not(5)", "-", '"B"'), ("-", "-", "true"))
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
def test_other_versions_of_dmn_are_read(dmn: Dmn, space: str) -> None:
    assert whens(dmn(space=space)) == [("deal.account.employees > 5", "A")]


def test_priority_gives_the_best_output_first(dmn: Dmn) -> None:
    section = dmn(("> 1", "-", '"B"'), ("> 5", "-", '"A"'), policy='hitPolicy="PRIORITY"')
    assert table_of(section)["hit"] == "first"
    assert [then for _, then in whens(section)] == ["A", "B"]
    assert any("PRIORITY" in note for note in section.notes)


def test_any_says_that_agreement_is_not_checked(dmn: Dmn) -> None:
    section = dmn(policy='hitPolicy="ANY"')
    assert any("that all rows agree is not checked" in note for note in section.notes)


@pytest.mark.parametrize(("policy", "when"), [("FIRST", "true"), ("UNIQUE", "!(deal.account.employees > 5)")])
def test_default_output_is_a_row_that_holds_where_no_other_does(dmn: Dmn, policy: str, when: str) -> None:
    values = VALUES + '<defaultOutputEntry><text>"none"</text></defaultOutputEntry>'
    section = dmn(policy=f'hitPolicy="{policy}"', values=values)
    assert whens(section)[-1] == (when, "none")
    assert table_of(section)["outputs"] == ["A", "B", "none"]


def test_input_of_another_name_is_given_its_path(dmn: Dmn) -> None:
    section = dmn(first="Number of staff", paths={"Number of staff": "deal.account.employees"})
    assert whens(section) == [("deal.account.employees > 5", "A")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"first": "Number of staff"}, "input 1 `Number of staff` is nothing the pack knows; give its path"),
        ({"policy": 'hitPolicy="RULE ORDER"'}, "hit policy `RULE ORDER` has no counterpart"),
        ({"policy": 'hitPolicy="COLLECT" aggregation="SUM"'}, "aggregation `SUM` has no counterpart"),
        ({"policy": 'hitPolicy="PRIORITY"', "values": ""}, "PRIORITY needs the output values"),
        ({"space": "http://example.com/"}, "is no DMN document of 1.1 to 1.5"),
    ],
)
def test_what_has_no_counterpart_is_refused(dmn: Dmn, options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        dmn(**options)


def test_every_cell_outside_the_subset_is_named(dmn: Dmn) -> None:
    with pytest.raises(InputError) as caught:
        dmn(("? > 5", "-", '"A"'), ("> 1.5", "some x in y", '"A"'))
    assert [fault.where for fault in caught.value.faults] == [
        "tiers, rule 1, column 1",
        "tiers, rule 2, column 1",
        "tiers, rule 2, column 2",
    ]
    with pytest.raises(InputError, match="tiers, rule 1: E-ENUM: `opened`"):
        dmn(("> 1", '"opened"', '"A"'))
    with pytest.raises(InputError, match="no literal"):
        dmn(("> 1", "-", "deal.name"))


def test_several_outputs_and_several_decisions_are_refused(dmn: Dmn, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 outputs given"):
        dmn(values="</output><output id='p'>")
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


def test_text_that_looks_like_a_formula_stays_text_in_a_workbook(base: Pack, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    grid = of_pack(with_rows(base, "deal.buyer_intent", title={"en": "=1+1", "zh": "=1+1"}), "t")
    assert through_workbook(tmp_path, grid).title == "=1+1"
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[0]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_formula_in_a_workbook_is_refused(base: Pack, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    through_workbook(tmp_path, of_pack(with_rows(base, "deal.buyer_intent"), "t"))
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    book.worksheets[0]["B9"] = "=A1"
    book.save(tmp_path / "t.xlsx")
    from kamrules.decisions.workbook import read_workbook

    with pytest.raises(InputError, match=r"t\.xlsx row 9: I-TABLE: a formula in a cell"):
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

    table = "tables:\n  t:\n    hit: unique\n    title: {en: T, zh: 表}\n    outputs: [a]\n    rows:\n"
    row = "      a:\n        when: deal.buyer_intent\n        then: a\n"
    (tmp_path / "pack.yaml").write_text(f"{HEAD}{table}{row}", "utf-8")
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
    assert run("table", "import", tmp_path / "x.xlsx", "--id", "t", "-o", tmp_path / "y.yaml").exit_code == 2
    assert run("table", "export", pack, "--id", "u", "-o", document).exit_code == 2
    assert run("table", "export", pack, "--id", "t", "-o", tmp_path / "t.txt").exit_code == 2
