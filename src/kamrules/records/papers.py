"""Papers and decisions: documents, approvals, plans (HANDBOOK section 15)."""

from __future__ import annotations

from typing import Literal

from kamrules.records.account import Desk
from kamrules.records.acts import Milestone
from kamrules.records.base import Day, EvidenceLevel, PositiveAmount, Record, fact

DocumentType = Literal[
    "JTF-001",
    "JTF-002",
    "JTF-003",
    "JTF-004",
    "JTF-005",
    "industry_plan",
    "visit_plan",
    "org_chart",
    "proposal",
    "competition_map",
    "invitation",
    "public_notice",
    "tender_documents",
    "specification",
    "bid_application",
    "compliance_matrix",
    "bid",
    "independence_declaration",
    "technical_bid_strategy",
    "commercial_bid_strategy",
    "award_notice",
    "agreed_offer",
    "tech_agreement",
    "contract",
    "closing_report",
    "minutes",
    "complaint",
    "other",
]

# Ids of HANDBOOK section 12; each resolves to its red line and lawful twin.
ImproperTactic = Literal[
    "none",
    "BS.1.1",
    "BS.1.2",
    "BS.1.3",
    "BS.1.4",
    "BS.1.5",
    "BS.1.6",
    "BS.2.1",
    "BS.2.2",
    "BS.2.3",
    "BS.2.4",
    "BS.2.5",
]


class Document(Record):
    """One paper, ours or the buyer's."""

    id: str | None = fact("Document id", "文件编号")
    type: DocumentType | None = fact("Type", "类型")
    on: Day | None = fact("Date", "日期")
    author: Literal["us", "buyer", "third_party", "other_bidder"] | None = fact("Author", "编制方")
    complete: bool | None = fact("Complete", "填写完整", "all required fields are filled", "必填项已填")
    submitted_on: Day | None = fact("Submitted on", "提交日期")
    submitted_by: Desk | None = fact("Submitted by", "提交人")
    reviewed_on: Day | None = fact("Reviewed on", "审核日期")
    reviewed_by: Desk | None = fact("Reviewed by", "审核人")
    crm_entered_on: Day | None = fact("Entered in CRM on", "录入CRM日期")
    crm_entered_by: Desk | None = fact("Entered in CRM by", "录入人")
    forwarded_on: Day | None = fact(
        "Passed on",
        "转报日期",
        "day a copy went to the desk that needs it next (JTF-001 manager, JTF-002 marketing)",
        "转报下一岗位的日期(JTF-001报销售经理,JTF-002报市场部)",
    )
    delivered_on: Day | None = fact("Delivered on", "送达日期")
    feedback_on: Day | None = fact("Feedback received on", "收到反馈日期")
    signed_by_us_on: Day | None = fact("Signed by us on", "我方签字日期")
    signed_by_buyer_on: Day | None = fact("Signed by the buyer on", "客户签字日期")
    received_on: Day | None = fact("Received on", "收到日期")
    is_tailored: bool | None = fact(
        "Tailored terms",
        "量身定做条款",
        "names a brand, an origin or a requirement the purchase does not need (RL-02)",
        "指定品牌、产地或与采购无关的要求",
    )
    has_evidence_file: bool | None = fact(
        "Evidence attached",
        "附有证据",
        "a complaint carries the proof of what it says (RL-07)",
        "投诉附有证据",
    )
    evidence_level: EvidenceLevel | None = fact("Evidence level", "证据等级")


class Approval(Record):
    """One decision of one desk on one subject."""

    id: str | None = fact("Approval id", "审批编号")
    subject: (
        Literal[
            "JTF-002",
            "JTF-003",
            "JTF-004",
            "JTF-005",
            "bid_application",
            "bid_price",
            "price_corridor",
            "payment_terms",
            "delivery_terms",
            "warranty_terms",
            "contract_terms",
            "late_entry",
            "red_line_waiver",
        ]
        | None
    ) = fact("Subject", "审批事项")
    by: Desk | None = fact("Approved by", "审批人")
    on: Day | None = fact("Date", "日期")
    decision: Literal["approved", "rejected", "shelved"] | None = fact("Decision", "结论")
    person: str | None = fact("Person", "审批人姓名")
    requested_by: str | None = fact(
        "Requested by",
        "申请人姓名",
        "who asked for it; a waiver needs a second person",
        "提出申请的人,豁免须由另一人批准",
    )
    red_line: str | None = fact(
        "Red line", "红线编号", "red line that a waiver clears, such as RL-16", "豁免所针对的红线,如RL-16"
    )


class Plan(Record):
    """One stage plan (JTF-004, JTF-005 or a visit plan)."""

    id: str | None = fact("Plan id", "计划编号")
    stage: Milestone | None = fact("Stage", "阶段")
    goal: str | None = fact("Goal", "行动目标")
    tactics: str | None = fact("Tactical line", "战术方针")
    actions: str | None = fact("Action plan", "行动方案")
    division_of_labour: str | None = fact("Division of labour", "分工")
    budget: PositiveAmount | None = fact("Expense budget", "费用预算", unit=("minor units", "最小货币单位"))
    spent: PositiveAmount | None = fact("Spent so far", "实际费用", unit=("minor units", "最小货币单位"))
    due_on: Day | None = fact("Due on", "到期日")
    completed: bool | None = fact(
        "Completed", "已完成", "all tasks done to the stage standard", "任务已按阶段标准全部完成"
    )
    rectification_due_on: Day | None = fact(
        "Rectification due on",
        "整改到期日",
        "day by which a rectification plan promises the rest",
        "整改计划承诺完成的日期",
    )
    crm_entered_on: Day | None = fact("Entered in CRM on", "录入CRM日期")
    play_tags: list[str] | None = fact("Play tags", "策略标签", "tactics the plan uses", "计划采用的策略")
    improper_tactic: ImproperTactic | None = fact(
        "Improper tactic",
        "不当手段",
        "an improper tactic of the handbook found in the plan on review",
        "审核发现计划中含有手册所列的不当手段",
    )
