"""Forms: protected against forgery, messages in Russian."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf is untyped
    """The base of every form."""

    class Meta:
        locales = ("ru_RU", "ru")

    def refuse(self, field: str, message: str) -> None:
        """A message at a field, found out after the form's own checks."""
        own: Field = self[field]
        own.errors = [*own.errors, message]


def stripped(value: Any) -> Any:
    """A filter: people copy numbers with blanks around them."""
    return value.strip() if isinstance(value, str) else value
