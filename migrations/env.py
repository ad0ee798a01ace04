"""Run by `factcheck db …` through Alembic's command API, on the connection and in the transaction that it is given."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transactional_ddl=True, render_as_batch=True)
context.run_migrations()
