"""Versions, oldest first; Alembic reads the files, this makes them part of the package."""
