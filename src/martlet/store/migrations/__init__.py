"""The schema's history: one revision after another, from an empty database to the present one.

The revisions are written by `tools/new_migration.py` from the rooms' tables and never changed once
they have been released.
"""
