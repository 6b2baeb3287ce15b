"""Doors to CRMs: a field map guessed from an export, what a map reads, former stages, verdicts to import.

What a system calls its files, columns and picklist values is data: a file of `systems`. A door knows names,
never what a customer's stage means: a value that the map does not list is unknown.
"""
