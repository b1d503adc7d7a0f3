"""Where everything is kept: SQLAlchemy tables, registers and the unit of work, on SQLite or PostgreSQL."""
