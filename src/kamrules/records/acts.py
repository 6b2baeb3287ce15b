"""What was done: activities, meetings, expenses (HANDBOOK section 15)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kamrules.records.account import Desk
from kamrules.records.base import Day, EvidenceLevel, PositiveAmount, Record, fact

Milestone = Literal["M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8"]


class Activity(Record):
    """One contact with the buyer."""

    id: str | None = fact("Activity id", "活动编号")
    type: (
        Literal[
            "call",
            "visit",
            "tech_exchange",
            "exec_meeting",
            "site_visit",
            "clarification",
            "bid_opening",
            "negotiation",
            "hospitality",
            "referral",
            "email",
            "other",
        ]
        | None
    ) = fact("Type", "类型")
    on: Day | None = fact("Date", "日期")
    completed: bool | None = fact("Completed", "已完成")
    goal: str | None = fact("Goal", "行动目标")
    outcome: str | None = fact("Outcome", "结果")
    substantive: bool | None = fact(
        "Substantive", "有实质内容", "dealt with the customer's business, not a courtesy", "涉及实质业务"
    )
    contact_name: str | None = fact(
        "Named contact", "联系人", "who on the buyer's side took part", "客户方参加人"
    )
    attendees: list[str] | None = fact(
        "Attendees", "参加人", "ids of the buyer's people present", "客户方参加人员编号"
    )
    our_role: Desk | None = fact("Our desk", "我方岗位", "desk that held the contact", "我方执行岗位")
    initiated_by: Literal["us", "buyer"] | None = fact("Initiated by", "发起方")
    channel: Literal["official", "private"] | None = fact(
        "Channel", "渠道", "official tender channel or private contact", "官方渠道或私下接触"
    )
    method: Literal["spin", "fabe", "other"] | None = fact(
        "Talk method", "话术", "SPIN questions or FABE presentation (RM.9, RM.10)", "SPIN提问或FABE介绍"
    )
    level: Annotated[int, Field(ge=1, le=4)] | None = fact(
        "Level of exchange", "交流境界", "1 criteria … 4 price war (RM.8)", "技术交流四重境界"
    )
    with_panel_member: bool | None = fact(
        "With a panel member", "与评标委员", "a member of the evaluation panel took part", "有评标委员参加"
    )
    with_other_bidder: bool | None = fact(
        "With another bidder", "与其他投标人", "another bidder took part", "有其他投标人参加"
    )
    evidence_level: EvidenceLevel | None = fact(
        "Evidence level", "证据等级", "how the activity is proven", "活动的证据等级"
    )


class Meeting(Record):
    """One internal meeting."""

    id: str | None = fact("Meeting id", "会议编号")
    type: Literal["weekly_sales", "project_analysis", "bid_strategy", "pre_bid", "bid_decision"] | None = (
        fact("Type", "类型")
    )
    topic: Literal["initiation", "technical_plan", "commercial_plan", "progress", "bid"] | None = fact(
        "Topic", "议题"
    )
    on: Day | None = fact("Date", "日期")
    chair_role: Desk | None = fact("Chair", "主持人")
    used_template: bool | None = fact("Standard template", "按标准模板")
    scribe: str | None = fact("Scribe", "记录人")
    has_minutes: bool | None = fact("Written minutes", "书面纪要")
    gm_attended: bool | None = fact("Marketing GM attended", "营销总经理参加")


class Expense(Record):
    """One selling expense."""

    id: str | None = fact("Expense id", "费用编号")
    on: Day | None = fact("Date", "日期")
    amount: PositiveAmount | None = fact("Amount", "金额", unit=("minor units", "最小货币单位"))
    kind: (
        Literal["travel", "hospitality", "gift", "sample", "bid_document", "bid_bond", "agent_fee", "other"]
        | None
    ) = fact("Kind", "类别")
    stage: Milestone | None = fact("Stage", "阶段", "milestone whose budget bears it", "列支的里程碑")
    approved_on: Day | None = fact("Approved on", "批准日期")
    within_policy: bool | None = fact(
        "Within policy", "符合制度", "inside the hospitality policy", "符合招待制度"
    )
    recipient_is_public: bool | None = fact("Recipient is public", "接受人为公职人员")
    is_cash_like: bool | None = fact(
        "Cash or cash-like", "现金或等价物", "cash, voucher, card, kickback", "现金、购物卡、回扣"
    )
    recipient_is_family: bool | None = fact(
        "Recipient is family", "接受人为亲属", "for a relative of the buyer's person", "给予客户方人员的亲属"
    )
