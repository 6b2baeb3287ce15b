"""The people of a deal: the buyer's stakeholders and our team (HANDBOOK section 11)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kamrules.records.account import Desk
from kamrules.records.base import Day, Record, fact

Role = Literal["decision_maker", "technical_evaluator", "commercial_evaluator", "user"]
Stance = Literal["mentor", "supporter", "neutral", "opponent", "mortal_enemy"]
Influence = Annotated[float, Field(ge=0, le=1)]


class InfluenceLine(Record):
    """One person's influence on another."""

    on: str | None = fact("On", "影响对象", "id of the person influenced", "被影响者编号")
    kind: Literal["influence", "conflict"] | None = fact(
        "Kind", "类型", "influence or conflict", "影响或冲突"
    )
    strength: Influence | None = fact("Strength", "强度", "0 none … 1 decisive", "0为无,1为决定性")


class Stakeholder(Record):
    """One person on the buyer's side, in work-related and sourced facts only (RL-15)."""

    id: str | None = fact("Person id", "人员编号")
    name: str | None = fact("Name", "姓名")
    employer: str | None = fact("Employer", "所在单位")
    title: str | None = fact("Job title", "职务")
    role: Role | None = fact("Buying role", "角色", "role in the purchase (RM.1)", "采购中的角色", claim=True)
    stance: Stance | None = fact(
        "Stance", "立场", "mentor … mortal enemy (RM.2)", "良师益友至死敌", claim=True
    )
    stance_by_seller: Stance | None = fact(
        "Stance, says the seller", "销售人员所述立场", "what our seller says of it", "销售人员的判断"
    )
    stance_by_coach: Stance | None = fact(
        "Stance, says the coach", "教练所述立场", "what the coach says of it", "教练的判断"
    )
    stance_source: Literal["product", "feeling"] | None = fact(
        "Source of the stance", "立场来源", "from the product view or in feeling", "从产品角度或情感上"
    )
    stance_by_deed: bool | None = fact(
        "Shown by deed", "有实际行动", "the stance was shown by an act", "立场有行动体现", claim=True
    )
    influence: Influence | None = fact(
        "Influence", "影响力", "weight in the decision, 0 to 1", "决策影响力,0到1", claim=True
    )
    is_owner: bool | None = fact(
        "Owner or chairman", "老板或董事长", "owner or chairman of the buyer (RM.6)", "客户的老板或董事长"
    )
    is_key_player: bool | None = fact(
        "Key player", "关键人", "belongs to the decision group", "属于决策小组", claim=True
    )
    has_decision_power: bool | None = fact(
        "Decision power", "有决策权", "can decide or veto", "能拍板或否决", claim=True
    )
    background: str | None = fact(
        "Work background", "工作背景", "role-relevant, sourced facts only", "仅限与岗位相关、有来源的信息"
    )
    personality: Literal["D", "I", "S", "C"] | None = fact(
        "Personality (DISC)",
        "性格",
        "used only to adapt communication, never in a score (RM.3)",
        "仅用于沟通方式,不计分",
    )
    group: str | None = fact("Faction", "派系", "named group the person belongs to", "所属派系")
    reports_to: str | None = fact("Reports to", "汇报对象", "id of the superior", "上级编号")
    influences: list[InfluenceLine] | None = fact("Influence lines", "影响关系")
    relationship_stage: Literal["stranger", "acquaintance", "friend", "bosom_friend"] | None = fact(
        "Relationship stage", "关系阶段", "stage of the emotional model (RM.12)", "情感模型阶段"
    )
    is_contacted: bool | None = fact(
        "Contacted", "已接触", "we have met or spoken with the person", "已见面或通话"
    )
    last_contact_on: Day | None = fact("Last contact", "最近接触日期")
    last_confirmed_on: Day | None = fact(
        "Last confirmed", "最近核实日期", "day role and stance were last confirmed", "角色立场最近核实日期"
    )
    attended_exchange: bool | None = fact(
        "Attended an exchange",
        "参加过技术交流",
        "was at a technical exchange with us",
        "参加过与我方的技术交流",
    )
    met_executive_on: Day | None = fact("Met our executive", "与我方高层会面日期")
    restated_criteria: bool | None = fact(
        "Restated need and criteria",
        "复述需求与标准",
        "restated need and decision criteria in own words",
        "亲自复述需求与决策标准",
        claim=True,
    )
    lawful_act: (
        Literal[
            "none",
            "reference_visit",
            "requirement_confirmation",
            "formal_rfq",
            "introduction",
            "joint_acceptance_criteria",
        ]
        | None
    ) = fact(
        "Buyer-initiated lawful act",
        "客户主动的合规行动",
        "a lawful act by which support shows (M6.X3)",
        "体现支持的合规行动",
        claim=True,
    )
    counter_plan: bool | None = fact(
        "Counter-plan", "应对计划", "a plan addresses this person's opposition", "已有应对其反对的计划"
    )
    is_coach: bool | None = fact("Coach", "教练", "guides and validates (RM.4)", "指导并验证信息的人")
    coach_is_credible: bool | None = fact("Coach is credible", "教练在内部有威信", claim=True)
    coach_wants_us_to_win: bool | None = fact(
        "Coach wants us to win", "教练希望我方中标", "for a legitimate reason", "出于正当理由", claim=True
    )
    coach_confirmed: bool | None = fact(
        "Coach's word confirmed",
        "教练信息已核实",
        "confirmed by a second source",
        "由第二来源证实",
        claim=True,
    )
    coach_entitled: bool | None = fact(
        "Coach may share it",
        "教练有权提供",
        "shares only information he or she is entitled to share",
        "只提供有权提供的信息",
        claim=True,
    )
    is_insider: bool | None = fact("Insider", "线人", "gives information", "提供信息的人")
    is_intermediary: bool | None = fact("Intermediary", "中间人", "introduces, outside the team", "介绍人")
    intermediary_vetted: bool | None = fact(
        "Intermediary vetted",
        "中间人已尽调",
        "due diligence, written contract and booked fee exist",
        "尽职调查、书面合同及入账",
    )
    is_panel_member: bool | None = fact(
        "Evaluation panel member",
        "评标委员",
        "statutory panel; may not be known before the award (RL-04)",
        "法定评标委员,中标前不得获知",
    )
    is_public_official: bool | None = fact(
        "Public official", "公职人员", "state functionary, zero gifts (RL-09)", "国家工作人员,零礼品"
    )


class TeamMember(Record):
    """One of our own people on the deal."""

    id: str | None = fact("Employee id", "员工编号")
    name: str | None = fact("Name", "姓名")
    role: Desk | None = fact("Desk", "岗位")
    grade: Literal["ordinary", "senior"] | None = fact("Grade", "级别")
    hired_on: Day | None = fact("Hired on", "入职日期")
    is_leader: bool | None = fact("Project leader", "项目负责人", "leads the project team", "项目小组负责人")
    assigned_on: Day | None = fact("Assigned on", "任命日期")
    assigned_by: Desk | None = fact("Assigned by", "任命人")
