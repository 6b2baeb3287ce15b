"""Workload W over data frames as a good engineer writes it by hand, in Polars and in SQL.

Each is one grouping of the stakeholders, one left join, then thirty conditions, the tier and the score.
The two-valued one gives what `handwritten.idiomatic` gives; in Kleene logic a condition may also be null.
Every deal has a stakeholder, as every deal of `frames_data` does.
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import polars as pl
import pyarrow as pa
from polars import col

Known = Callable[[pl.Expr], pl.Expr]


def polars_two_valued(deals: pl.DataFrame, stakeholders: pl.DataFrame) -> pl.DataFrame:
    """Return id, conditions, tier and score; a missing fact fails the test it stands in."""
    return _polars(deals, stakeholders, lambda test: test.fill_null(value=False))


def polars_kleene(deals: pl.DataFrame, stakeholders: pl.DataFrame) -> pl.DataFrame:
    """Return id, conditions, tier and score; a condition that hangs on a missing fact is null."""
    return _polars(deals, stakeholders, lambda test: test)


def _polars(deals: pl.DataFrame, stakeholders: pl.DataFrame, known: Known) -> pl.DataFrame:
    people = stakeholders.lazy().group_by("deal_id").agg(**_totals())
    return (
        deals.lazy()
        .join(people, left_on="id", right_on="deal_id", how="left", maintain_order="left")
        .select("id", **_conditions(known), tier=_tier(), score=_score())
        .collect()
    )


def _totals() -> dict[str, pl.Expr]:
    role, stance, influence, contacted = col("role"), col("stance"), col("influence"), col("contacted")
    points = (
        pl.when(stance == "champion").then(1.0)
        .when(stance == "supporter").then(0.6)
        .when(stance == "skeptic").then(-0.4)
        .when(stance == "enemy").then(-1.0)
        .otherwise(0.0)
    )  # fmt: skip
    return {
        "decider_met": ((role == "decision_maker") & contacted).any(),
        "decider_unmet": ((role == "decision_maker") & ~contacted).any(),
        "decider_enemy": ((role == "decision_maker") & (stance == "enemy")).any(),
        "strong_champion": ((stance == "champion") & (influence >= 0.7)).any(),
        "strong_enemy": ((stance == "enemy") & (influence >= 0.5)).any(),
        "coach": col("is_coach").any(),
        "coach_met": (col("is_coach") & contacted).any(),
        "support": stance.is_in(["champion", "supporter"]).sum(),
        "enemies": (stance == "enemy").sum(),
        "met": contacted.sum(),
        "people": pl.len(),
        "influence": influence.sum(),
        "mass": (influence * points).sum(),
    }


def _conditions(known: Known) -> dict[str, pl.Expr]:
    value, chance, visits = col("deal__value"), col("deal__probability"), col("deal__visits")
    days, idle, stage = col("deal__days_in_stage"), col("deal__last_contact_days"), col("deal__stage")
    discount, rivals = col("deal__discount_pct"), col("deal__competitor_count")
    fit, demo, reviewed = col("deal__tech_fit"), col("deal__demo_done"), col("deal__contract_reviewed")
    budgeted, budget, due = (
        col("deal__budget_confirmed"),
        col("deal__budget_amount"),
        col("deal__decision_date_days"),
    )
    industry, staff = col("account__industry"), col("account__employees")
    return {
        "g01": known((visits >= 3) & col("deal__initiated_approved")),
        "g02": known(budgeted & (value > 50000.0)),
        "g03": known(col("deal__need_documented") | (demo & (fit >= 7))),
        "g04": ~known(discount > 20.0),
        "g05": known((col("account__annual_sales_rank") <= 100) | (col("account__profit_rank") <= 100)),
        "g06": known(col("deal__plan_approved") & col("deal__bid_deposit_paid")),
        "g07": days <= 30,
        "g08": stage.is_in(["proposal", "negotiation", "closing"]),
        "g09": known(col("deal__margin_pct") >= 15.0) & ~known(rivals > 3),
        "g10": industry.is_in(["manufacturing", "energy", "health"]) & (staff >= 500),
        "g11": known(budget >= value * 0.9),
        "g12": (idle <= 14) | ((stage == "lead") & (days < 60)),
        "g13": known(reviewed & col("deal__legal_ok")),
        "g14": known(col("deal__rfp_received") | (col("deal__source") == "referral")),
        "g15": col("deal__proposal_sent") & ~(idle > 21),
        "g16": chance >= 0.4,
        "g17": known((due <= 90) & (due >= 0)),
        "g18": (col("deal__region") != "other") & ((value >= 100000.0) | (staff > 5000)),
        "g19": ~((stage == "closing") & ~known(reviewed)),
        "g20": known((fit >= 5) & demo) & ~known(rivals >= 5),
        "g21": value * chance >= 40000.0,
        "g22": known(budgeted | (budget > 0.0)) & ~known(discount > 35.0) & (days < 120),
        "q1": col("decider_met"),
        "q2": col("support") > col("enemies"),
        "q3": col("coach"),
        "q4": ~col("decider_enemy"),
        "q5": ~col("decider_unmet"),
        "q6": known((col("met") >= 3) & (visits >= 2)),
        "q7": col("strong_champion"),
        "q8": ~col("strong_enemy") | col("coach_met"),
    }


def _tier() -> pl.Expr:
    value, chance, days = col("deal__value"), col("deal__probability"), col("deal__days_in_stage")
    rank, industry = col("account__annual_sales_rank"), col("account__industry")
    middle = (value >= 50000.0) & (value < 200000.0)
    return (
        pl.when((value >= 200000.0) & (rank <= 100) & (chance >= 0.6)).then(pl.lit("A"))
        .when((value >= 200000.0) & (chance >= 0.4)).then(pl.lit("B"))
        .when((rank <= 50) & col("deal__budget_confirmed")).then(pl.lit("A"))
        .when(middle & (chance >= 0.5) & (days <= 60)).then(pl.lit("B"))
        .when(industry.is_in(["energy", "health"]) & (value >= 50000.0)).then(pl.lit("C"))
        .when((value >= 20000.0) & (value < 200000.0)).then(pl.lit("C"))
        .otherwise(pl.lit("D"))
    )  # fmt: skip


def _score() -> pl.Expr:
    influence = col("influence")
    return (
        10.0 * col("deal__visits").fill_null(0).clip(upper_bound=5) / 5
        + 15.0 * col("deal__budget_confirmed").fill_null(value=False)
        + 10.0 * col("deal__need_documented").fill_null(value=False)
        + 8.0 * col("deal__tech_fit").fill_null(0) / 10
        - 5.0 * col("deal__competitor_count").fill_null(0).clip(upper_bound=4) / 4
        - 10.0 * col("deal__days_in_stage").clip(upper_bound=90) / 90
        + 12.0 * col("deal__probability")
        + pl.when(influence > 0).then(20.0 * col("mass") / influence).otherwise(0.0)
        + 6.0 * col("met") / col("people")
        + 9.0 * col("coach")
    )


def duckdb_sql(con: duckdb.DuckDBPyConnection, deals_table: str, stakeholders_table: str) -> pa.Table:
    """Return id, conditions, tier and score; a condition that hangs on a missing fact is null."""
    query = SQL.format(deals=deals_table, stakeholders=stakeholders_table)
    return con.sql(query).to_arrow_table()


SQL = """
with people as (
  select
    deal_id,
    bool_or(role = 'decision_maker' and contacted) as decider_met,
    bool_or(role = 'decision_maker' and not contacted) as decider_unmet,
    bool_or(role = 'decision_maker' and stance = 'enemy') as decider_enemy,
    bool_or(stance = 'champion' and influence >= 0.7) as strong_champion,
    bool_or(stance = 'enemy' and influence >= 0.5) as strong_enemy,
    bool_or(is_coach) as coach,
    bool_or(is_coach and contacted) as coach_met,
    count_if(stance in ('champion', 'supporter')) as support,
    count_if(stance = 'enemy') as enemies,
    count_if(contacted) as met,
    count(*) as people,
    sum(influence) as influence,
    sum(influence * case stance
      when 'champion' then 1.0::double when 'supporter' then 0.6 when 'skeptic' then -0.4
      when 'enemy' then -1.0 else 0.0 end) as mass
  from {stakeholders}
  group by deal_id
)
select
  id,
  deal__visits >= 3 and deal__initiated_approved as g01,
  deal__budget_confirmed and deal__value > 50000.0::double as g02,
  deal__need_documented or (deal__demo_done and deal__tech_fit >= 7) as g03,
  not deal__discount_pct > 20.0::double as g04,
  account__annual_sales_rank <= 100 or account__profit_rank <= 100 as g05,
  deal__plan_approved and deal__bid_deposit_paid as g06,
  deal__days_in_stage <= 30 as g07,
  deal__stage in ('proposal', 'negotiation', 'closing') as g08,
  deal__margin_pct >= 15.0::double and not deal__competitor_count > 3 as g09,
  account__industry in ('manufacturing', 'energy', 'health') and account__employees >= 500 as g10,
  deal__budget_amount >= deal__value * 0.9::double as g11,
  deal__last_contact_days <= 14 or (deal__stage = 'lead' and deal__days_in_stage < 60) as g12,
  deal__contract_reviewed and deal__legal_ok as g13,
  deal__rfp_received or deal__source = 'referral' as g14,
  deal__proposal_sent and not deal__last_contact_days > 21 as g15,
  deal__probability >= 0.4::double as g16,
  deal__decision_date_days <= 90 and deal__decision_date_days >= 0 as g17,
  deal__region <> 'other' and (deal__value >= 100000.0::double or account__employees > 5000) as g18,
  not (deal__stage = 'closing' and not deal__contract_reviewed) as g19,
  deal__tech_fit >= 5 and deal__demo_done and not deal__competitor_count >= 5 as g20,
  deal__value * deal__probability >= 40000.0::double as g21,
  (deal__budget_confirmed or deal__budget_amount > 0.0::double)
    and not deal__discount_pct > 35.0::double and deal__days_in_stage < 120 as g22,
  decider_met as q1,
  support > enemies as q2,
  coach as q3,
  not decider_enemy as q4,
  not decider_unmet as q5,
  met >= 3 and deal__visits >= 2 as q6,
  strong_champion as q7,
  not strong_enemy or coach_met as q8,
  case
    when deal__value >= 200000.0::double and account__annual_sales_rank <= 100
      and deal__probability >= 0.6::double then 'A'
    when deal__value >= 200000.0::double and deal__probability >= 0.4::double then 'B'
    when account__annual_sales_rank <= 50 and deal__budget_confirmed then 'A'
    when deal__value >= 50000.0::double and deal__value < 200000.0::double
      and deal__probability >= 0.5::double and deal__days_in_stage <= 60 then 'B'
    when account__industry in ('energy', 'health') and deal__value >= 50000.0::double then 'C'
    when deal__value >= 20000.0::double and deal__value < 200000.0::double then 'C'
    else 'D'
  end as tier,
  10.0::double * least(coalesce(deal__visits, 0), 5) / 5
    + case when deal__budget_confirmed then 15.0::double else 0.0 end
    + case when deal__need_documented then 10.0::double else 0.0 end
    + 8.0::double * coalesce(deal__tech_fit, 0) / 10
    - 5.0::double * least(coalesce(deal__competitor_count, 0), 4) / 4
    - 10.0::double * least(deal__days_in_stage, 90) / 90
    + 12.0::double * deal__probability
    + case when influence > 0 then 20.0::double * mass / influence else 0.0 end
    + 6.0::double * met / people
    + case when coach then 9.0::double else 0.0 end as score
from {deals} as deals
left join people on deals.id = people.deal_id
"""
