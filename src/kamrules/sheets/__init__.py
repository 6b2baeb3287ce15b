"""Related CSV files as deals: reading text, typing cells, binding columns to fields, joining rows.

Adapters say which files and columns there are; this room does the rest and knows no CRM. It promises that
no row disappears: each becomes part of a deal, a fault of a deal, or a stray that is reported.
"""
