"""What a CRM knows about deals, as typed records; every business field may be missing.

The models are the vocabulary of rules: a condition names their fields. Field titles, descriptions and
units are in English and Chinese, and go into explanations, forms and JSON Schema.
"""

from kamrules.records.account import Account, IndustryProfile
from kamrules.records.acts import Activity, Expense, Meeting
from kamrules.records.base import Evidence, Money, Record, fact, label_of
from kamrules.records.deal import Bid, BuyingStep, Competitor, Concession, Contract, Deal, Lead, Need
from kamrules.records.papers import Approval, Document, Plan
from kamrules.records.people import InfluenceLine, Stakeholder, TeamMember

__all__ = [
    "Account",
    "Activity",
    "Approval",
    "Bid",
    "BuyingStep",
    "Competitor",
    "Concession",
    "Contract",
    "Deal",
    "Document",
    "Evidence",
    "Expense",
    "IndustryProfile",
    "InfluenceLine",
    "Lead",
    "Meeting",
    "Money",
    "Need",
    "Plan",
    "Record",
    "Stakeholder",
    "TeamMember",
    "fact",
    "label_of",
]
