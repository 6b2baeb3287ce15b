"""The buying company (HANDBOOK sections 2, 3 and 15)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kamrules.records.base import Day, Record, fact

Tier = Literal["A", "B", "C", "D"]
Desk = Literal[
    "sales_engineer",
    "development_specialist",
    "project_leader",
    "regional_kam",
    "ka_director",
    "gm_marketing",
    "info_clerk",
    "bid_support",
    "contract_mgmt",
    "finance",
    "executive",
    "compliance",
]
Rank = Annotated[int, Field(ge=1, le=1_000_000)]
Year = Annotated[int, Field(ge=1900, le=2200)]


class IndustryProfile(Record):
    """What was learnt about the account's industry (M1.T1)."""

    need: str | None = fact("Needs", "需求", "differences in need")
    resources: str | None = fact("Resources", "资源", "differences in resources")
    location: str | None = fact("Location", "地理位置", "differences in location")
    buying_habits: str | None = fact("Buying habits", "购买习惯", "differences in buying habits")
    behaviour: str | None = fact("Behaviour", "行为", "differences in behaviour")
    at: Day | None = fact("Date", "日期", "day of the analysis", "分析日期")


class Account(Record):
    """A customer or prospect."""

    id: str | None = fact("Account id", "客户编号")
    name: str | None = fact("Account name", "客户名称")
    industry: str | None = fact("Industry", "行业")
    region: str | None = fact("Region", "区域")
    ownership: Literal["soe", "government", "private", "foreign"] | None = fact(
        "Ownership",
        "所有制",
        "who owns the buyer: state-owned, government, private or foreign",
        "国企、政府、民企或外企",
    )
    employees: Annotated[int, Field(ge=0, le=100_000_000)] | None = fact(
        "Employees", "员工人数", unit=("people", "人")
    )
    rank_sales: Rank | None = fact(
        "Rank by sales", "销售业绩排名", "rank in its industry by annual sales", "按年销售业绩的行业排名"
    )
    rank_profit: Rank | None = fact(
        "Rank by profit",
        "经营利润排名",
        "rank in its industry by annual operating profit",
        "按年经营利润的行业排名",
    )
    rank_year: Year | None = fact("Year of the ranks", "排名年度", unit=("year", "年"))
    rank_source: str | None = fact("Source of the ranks", "排名来源")
    potential: Literal["high", "normal"] | None = fact(
        "Potential", "潜力", "second axis that separates A from B and C from D (C7)", "区分A/B与C/D的第二维度"
    )
    tier: Tier | None = fact(
        "Recorded tier", "已登记级别", "tier on file from the last review", "上次评定的级别"
    )
    tier_year: Year | None = fact("Year of the recorded tier", "级别年度", unit=("year", "年"))
    coverage_owner_role: Desk | None = fact(
        "Coverage owner", "维护负责人", "desk that looks after the account", "负责维护的岗位"
    )
    coverage_mode: Literal["field_visit", "telephone"] | None = fact("Coverage mode", "维护方式")
    interest_estimate: Literal["not_estimated", "none", "low", "medium", "high"] | None = fact(
        "Estimated interest",
        "利益估计",
        "prospect's interest as estimated by mail or phone",
        "通过邮件或电话估计的利益",
    )
    financial_capacity: Literal["not_estimated", "weak", "adequate", "strong"] | None = fact(
        "Financial capacity",
        "财务能力",
        "prospect's means as estimated by mail or phone",
        "通过邮件或电话估计的财务能力",
    )
    last_key_info_update: Day | None = fact("Last key-information update", "关键信息更新日期")
    industry_profile: IndustryProfile | None = fact("Industry profile", "行业分析")
