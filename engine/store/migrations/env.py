"""Run by Alembic inside the connection and transaction that `engine.store.migrations.upgrade` holds."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    render_as_batch=True,
    transactional_ddl=True,  # SQLite can; Alembic's default for it says otherwise
)
with context.begin_transaction():
    context.run_migrations()
