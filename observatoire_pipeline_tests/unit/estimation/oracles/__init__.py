"""Worked cases with known results, O1 to O33, one file a family; each says who computed it.

O19 and O20 stand with the disclosure tests.
"""
