"""Forms: protected against forgery, messages in Russian."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.meta import DefaultMeta


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf is untyped
    """The base of every form."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        locales = ("ru_RU", "ru")

        def get_translations(self, form: FlaskForm) -> Any:
            """Those of WTForms: without a further package Flask-WTF has none, and says everything in English."""
            return DefaultMeta.get_translations(self, form)

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """A form is a form: JSON in its place is taken for an empty one. None asks for an empty one."""
            return request.form if formdata is not None and form.is_submitted() else None

    def refuse(self, field: str, message: str) -> None:
        """A message at a field, found out after the form's own checks."""
        own: Field = self[field]
        own.errors = [*own.errors, message]


def stripped(value: Any) -> Any:
    """A filter: people copy numbers with blanks around them."""
    return value.strip() if isinstance(value, str) else value
