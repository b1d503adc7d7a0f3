"""What a command works on: the hospital and its database, as the settings have them."""

import typer

from ivr.importing.imports import Clinic


def clinic_of(context: typer.Context) -> Clinic:
    """The clinic that the caller put into the context, or that of the settings."""
    found = context.find_object(Clinic)
    if found is None:
        raise RuntimeError("no clinic in the context")
    return found
