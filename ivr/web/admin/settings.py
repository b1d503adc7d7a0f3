"""Settings that may change while the program runs; the others stand in the files and are shown there."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue as Answer

from ivr.domain.run_time import CENTRALISED, NUMBERS, within
from ivr.domain.user import Right
from ivr.services import run_time
from ivr.web.access import needs, who
from ivr.web.admin.pages import pages
from ivr.web.forms import Form
from ivr.web.site import run, site


@pages.get("/settings", endpoint="settings")
@needs(Right.ADMINISTER)
def all_settings() -> Answer:
    rules = site().rules
    shown = {key: str(number.of(rules)) for key, number in NUMBERS.items()}
    return _page(shown, {}, "yes" if rules.centralised else "no")


@pages.post("/settings")
@needs(Right.ADMINISTER)
def change_settings() -> Answer:
    sent = {key: request.form.get(key, "").strip() for key in NUMBERS}
    model = request.form.get(CENTRALISED, "")
    values, errors = _checked(sent)
    if model not in ("yes", "no"):
        errors[CENTRALISED] = "Выберите модель."
    if errors:
        return _page(sent, errors, model), 422
    rules = site().rules
    changed: dict[str, Any] = {key: value for key, value in values.items() if NUMBERS[key].of(rules) != value}
    if (model == "yes") != rules.centralised:
        changed[CENTRALISED] = model == "yes"
    if changed:
        run(run_time.change, changed, who=who(), now=site().now())
        site().look_at_settings()
    flash("Сохранено. Телефон узнает об этом в течение минуты." if changed else "Ничего не изменилось.")
    return redirect(url_for("admin.settings"))


def _checked(sent: dict[str, str]) -> tuple[dict[str, int], dict[str, str]]:
    """Numbers, and what is wrong with those that are none."""
    values, errors = {}, {}
    for key, number in NUMBERS.items():
        text = sent[key]
        try:
            values[key] = within(number, int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None)
        except ValueError as problem:
            errors[key] = str(problem)
    return values, errors


def _page(shown: dict[str, str], errors: dict[str, str], model: str) -> str:
    changed = run(run_time.stored)
    return render_template(
        "admin/settings.html",
        form=Form(),
        numbers=NUMBERS,
        shown=shown,
        errors=errors,
        model=model,
        changed=changed,
    )
