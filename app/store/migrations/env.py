"""Alembic's door: runs on the connection that `Database.open` hands over."""

from alembic import context
from sqlmodel import SQLModel

import app.store.tables  # noqa: F401 - importing the module is what registers the tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, user_module_prefix="sqltypes."
)
with context.begin_transaction():
    context.run_migrations()
