"""The schema's history. Run by `callcenter.db.upgrade`; there is no alembic.ini."""
