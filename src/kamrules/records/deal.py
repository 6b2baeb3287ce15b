"""The deal: the record root, with its need, competition, buying process, bid and contract."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kamrules.records.account import Account, Desk
from kamrules.records.acts import Activity, Expense, Meeting, Milestone
from kamrules.records.base import Amount, Day, Moment, PositiveAmount, Record, fact
from kamrules.records.papers import Approval, Document, Plan
from kamrules.records.people import Stakeholder, TeamMember

_MINOR = ("minor units", "最小货币单位")


class Lead(Record):
    """The row of the lead summary sheet JTF-001."""

    source: str | None = fact("Lead source", "线索来源")
    registrant: str | None = fact("Registrant", "登记人")
    registered_on: Day | None = fact("Registered on", "登记日期")
    found_by: Desk | None = fact("Found by", "线索获取岗位", "desk that found the lead", "获取线索的岗位")
    region: str | None = fact("Region", "区域")
    contact_channel: str | None = fact("Contact channel", "联系方式")


class Need(Record):
    """What the buyer needs and what hurts (M4.T5, M4.T6)."""

    quantity: str | None = fact("Quantity", "数量", claim=True)
    specification: str | None = fact("Specification", "规格", claim=True)
    performance: str | None = fact("Performance", "性能", claim=True)
    technology: str | None = fact("Technology", "技术", claim=True)
    service: str | None = fact("Service", "服务", claim=True)
    pain: str | None = fact("Burning issue", "燃眉之急", claim=True)
    pain_amount: Amount | None = fact(
        "Cost of the pain",
        "痛点金额",
        "yearly cost of the burning issue",
        "燃眉之急的年损失",
        unit=_MINOR,
        claim=True,
    )
    budget_state: Literal["none", "requested", "approved", "funded"] | None = fact(
        "Budget state", "预算状态", claim=True
    )


class Competitor(Record):
    """One competitor fact and where it comes from (M5.T3)."""

    name: str | None = fact("Competitor", "竞争对手")
    statement: str | None = fact("Statement", "信息", "what is known", "已知情况")
    source: Literal["public", "own_research", "buyer_official", "coach", "insider", "withheld"] | None = fact(
        "Source", "来源"
    )
    is_confidential: bool | None = fact(
        "Confidential bid data",
        "投标保密信息",
        "base price, bids or identities of bidders",
        "标底、投标文件或投标人信息",
    )
    is_lawful: bool | None = fact("Lawfully obtained", "合法取得")
    at: Day | None = fact("Date", "日期")
    threat: Literal["low", "medium", "high"] | None = fact("Threat", "威胁程度")
    is_negative_claim: bool | None = fact(
        "Negative claim", "负面信息", "a negative claim that we pass on (RL-11)", "由我方传播的负面信息"
    )
    has_evidence_file: bool | None = fact(
        "Evidence attached", "附有证据", "the claim is proven on file", "该信息有存档证据"
    )


class BuyingStep(Record):
    """One step of the buyer's purchase process (M4.T3)."""

    step: (
        Literal[
            "budget_approval",
            "site_visit",
            "technical_review",
            "shortlist",
            "tender_issue",
            "bid_deadline",
            "bid_opening",
            "decision",
            "contract",
            "other",
        ]
        | None
    ) = fact("Step", "步骤", claim=True)
    rule: str | None = fact("Rule", "规则", claim=True)
    on: Day | None = fact("Date", "日期", claim=True)


class Concession(Record):
    """One step of our concessions at the table (NG.2, NG.5).

    Each row carries the size of the step before, because the language has no "previous row".
    """

    id: str | None = fact("Concession id", "让步编号")
    on: Day | None = fact("Date", "日期")
    step: Annotated[int, Field(ge=1, le=1000)] | None = fact(
        "Step", "次序", "1 for the first concession", "第一次让步为1"
    )
    item: str | None = fact("Item", "事项", "term that was given way on", "让步涉及的条款")
    give: str | None = fact("Given", "让出", "what we gave", "我方让出的内容")
    get: str | None = fact(
        "Got in exchange", "换取", "what we got for it; empty for nothing", "换取的内容,空为无"
    )
    size: PositiveAmount | None = fact("Size", "幅度", unit=_MINOR)
    previous_size: PositiveAmount | None = fact(
        "Size of the step before", "上一次幅度", "not needed for step 1", "第一次让步不填", unit=_MINOR
    )


class Bid(Record):
    """Our bid and the tender around it (M7)."""

    decision: Literal["bid", "no_bid"] | None = fact("Bid decision", "投标决策")
    decided_on: Day | None = fact("Decided on", "决策日期")
    documents_issued_on: Day | None = fact("Tender documents issued on", "招标文件发出日期")
    deadline_at: Moment | None = fact("Deadline", "投标截止时间")
    submitted_at: Moment | None = fact("Submitted at", "递交时间")
    bond_accepted: bool | None = fact("Bid bond accepted", "投标保证金已接受")
    formal_defect: bool | None = fact("Formal defect", "形式缺陷")
    requirements_open: Annotated[int, Field(ge=0, le=1_000_000)] | None = fact(
        "Mandatory requirements unanswered", "未应答的强制要求", unit=("requirements", "项")
    )
    price: PositiveAmount | None = fact("Bid price", "投标价", unit=_MINOR)
    cost: PositiveAmount | None = fact("Cost", "成本", unit=_MINOR)
    corridor_low: PositiveAmount | None = fact("Corridor from", "价格区间下限", unit=_MINOR)
    corridor_high: PositiveAmount | None = fact("Corridor to", "价格区间上限", unit=_MINOR)
    documents_objection_on: Day | None = fact(
        "Objection to the documents",
        "对招标文件提出异议日期",
        "day of our written objection to, or query on, the tender documents",
        "我方对招标文件书面提出异议或质疑的日期",
    )
    documents_objection_answered_on: Day | None = fact(
        "Objection to the documents answered on", "招标文件异议答复日期"
    )
    result_published_on: Day | None = fact(
        "Result published on",
        "结果公示日期",
        "day on which the award candidates, or the result, were published",
        "中标候选人公示或中标结果公告的首日",
    )
    result_published_until: Day | None = fact(
        "Result published until",
        "结果公示截止日期",
        "last day of that publication",
        "中标候选人公示或中标结果公告的最后一日",
    )
    result_objection_on: Day | None = fact(
        "Objection to the result",
        "对评标结果提出异议日期",
        "day of our written objection to, or query on, the result",
        "我方对评标结果书面提出异议或质疑的日期",
    )
    result_objection_answered_on: Day | None = fact(
        "Objection to the result answered on", "评标结果异议答复日期"
    )
    complained_on: Day | None = fact(
        "Complaint filed on",
        "投诉日期",
        "day of our complaint to the supervising authority",
        "我方向行政监督部门投诉的日期",
    )
    awarded_on: Day | None = fact("Awarded on", "中标通知日期")
    bond_returned_on: Day | None = fact("Bid bond returned on", "投标保证金退还日期")
    shared_with_bidder: bool | None = fact(
        "Shared with another bidder",
        "与其他投标人混同",
        "author, agent, project staff or bond account is shared with another bidder (RL-01)",
        "编制人、代理人、项目人员或保证金账户与其他投标人相同",
    )
    related_bidder: bool | None = fact(
        "Related bidder",
        "关联投标人",
        "a bidder tied to us by ownership or management is in the same lot (RL-14)",
        "同一标段中有与我方存在控股或管理关系的投标人",
    )
    unproven_statement: bool | None = fact(
        "Unproven statement",
        "无证明的陈述",
        "a reference, certificate, staff or credit statement of the bid lacks proof (RL-13)",
        "投标文件中的业绩、资质、人员或信用陈述缺少证明",
    )


class Contract(Record):
    """The contract and its five terms (M8)."""

    delivery_agreed: bool | None = fact("Delivery agreed", "货期已谈定")
    price_agreed: bool | None = fact("Price agreed", "价格已谈定")
    acceptance_agreed: bool | None = fact("Acceptance agreed", "验收已谈定")
    payment_agreed: bool | None = fact("Payment agreed", "付款已谈定")
    retention_agreed: bool | None = fact("Retention money agreed", "质保金已谈定")
    within_approval: bool | None = fact("Within approval", "在批准范围内")
    consistent_with_bid: bool | None = fact("Consistent with the bid", "与投标一致")
    review_passed: bool | None = fact("Review passed", "评审通过")
    reviewed_on: Day | None = fact("Reviewed on", "评审日期")
    reviewed_by: Desk | None = fact("Reviewed by", "评审部门")
    signed_by_us_on: Day | None = fact("Signed by us on", "我方签字日期")
    signed_by_buyer_on: Day | None = fact("Signed by the buyer on", "客户签字日期")


class Deal(Record):
    """One deal with everything a CRM knows about it."""

    id: str | None = fact("Deal id", "项目编号")
    name: str | None = fact("Deal name", "项目名称")
    account: Account | None = fact("Account", "客户")
    milestone: Milestone | None = fact(
        "Claimed milestone", "申报里程碑", "milestone the CRM says the deal is in", "CRM中登记的里程碑"
    )
    status: Literal["open", "shelved", "won", "lost", "cancelled"] | None = fact("Status", "状态")
    created_on: Day | None = fact("Created on", "创建日期")
    closed_on: Day | None = fact("Closed on", "关闭日期")
    size_class: Literal["small", "major"] | None = fact(
        "Size class", "项目等级", "small or major project (M3.R2.2)", "一般或重大项目"
    )
    procurement_regime: (
        Literal["mandatory_tender", "government_procurement", "voluntary_tender", "negotiated"] | None
    ) = fact(
        "Procurement regime",
        "采购方式",
        "unknown counts as mandatory tender for red lines (M3.X7)",
        "未知时红线按强制招标处理",
    )
    est_value: PositiveAmount | None = fact("Estimated value", "预计金额", unit=_MINOR)
    funding_source: str | None = fact("Funding source", "资金来源", claim=True)
    need_summary: str | None = fact("What is wanted", "需求概要", claim=True)
    expected_order_on: Day | None = fact("Expected order", "预计下单日期", claim=True)
    requested_by: str | None = fact(
        "Who asks", "提出人", "who on the buyer's side asks", "客户方提出人", claim=True
    )
    risk_note: str | None = fact("Risk", "风险说明")
    buyer_intent: bool | None = fact(
        "Constructive intent",
        "建设性意向",
        "both sides show constructive intent (M2.T3)",
        "双方都有建设性的意向",
        claim=True,
    )
    internal_report_planned: bool | None = fact(
        "Buyer will report internally",
        "客户准备内部汇报",
        "customer mentions a scheme and will report it (M2.T4)",
        "客户提及方案并准备汇报",
        claim=True,
    )
    next_step: str | None = fact("Next step", "下一步")
    next_step_on: Day | None = fact("Next step on", "下一步日期")
    next_step_agreed: bool | None = fact(
        "Next step agreed", "客户同意下一步", "agreed by the buyer", "客户已同意", claim=True
    )
    initiation_status: Literal["draft", "submitted", "approved", "shelved", "resubmitted"] | None = fact(
        "Initiation status", "立项状态"
    )
    initiation_submitted_on: Day | None = fact(
        "Initiation submitted on",
        "立项申请提交日期",
        "day JTF-002 was last submitted",
        "JTF-002最近一次上报的日期",
    )
    initiation_approved_on: Day | None = fact("Initiation approved on", "立项批准日期")
    crm_entered_on: Day | None = fact("Entered in CRM on", "录入CRM日期")
    crm_entered_by: Desk | None = fact("Entered in CRM by", "录入人")
    leader: str | None = fact("Project leader", "项目负责人")
    buying_rules_known: bool | None = fact("Buying rules known", "采购规则已知", claim=True)
    differentiators_linked: bool | None = fact("Differentiators linked to needs", "差异点与需求对应")
    differentiator_confirmed: bool | None = fact("Differentiator confirmed", "差异点获客户确认", claim=True)
    shortlist_status: Literal["not_listed", "public_rule_met", "qualified", "shortlisted"] | None = fact(
        "Shortlist status", "入围状态", claim=True
    )
    benefit_case_accepted: bool | None = fact(
        "Benefit case accepted",
        "组织利益方案获认可",
        "organisational benefit case accepted",
        "组织利益方案获认可",
        claim=True,
    )
    personal_interests_legitimate: bool | None = fact(
        "Only work interests recorded",
        "仅记录正当工作利益",
        "personal interests are recorded as legitimate work interests",
        "仅记录正当的工作利益",
    )
    late_entry_reason: str | None = fact("Reason for late entry", "中途进入原因")
    loss_reason: str | None = fact("Win or loss reason", "输赢原因")
    milestone_contributions: str | None = fact("What each milestone contributed", "各里程碑贡献")
    lead: Lead | None = fact("Lead", "线索")
    need: Need | None = fact("Need", "需求")
    bid: Bid | None = fact("Bid", "投标")
    contract: Contract | None = fact("Contract", "合同")
    stakeholders: list[Stakeholder] | None = fact("Stakeholders", "干系人")
    team: list[TeamMember] | None = fact("Our team", "我方团队")
    activities: list[Activity] | None = fact("Activities", "活动")
    meetings: list[Meeting] | None = fact("Meetings", "会议")
    expenses: list[Expense] | None = fact("Expenses", "费用")
    documents: list[Document] | None = fact("Documents", "文件")
    approvals: list[Approval] | None = fact("Approvals", "审批")
    plans: list[Plan] | None = fact("Plans", "计划")
    competitors: list[Competitor] | None = fact("Competitors", "竞争对手")
    buying_steps: list[BuyingStep] | None = fact("Buying process", "采购流程")
    concessions: list[Concession] | None = fact("Concessions", "让步记录")
