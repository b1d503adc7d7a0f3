"""Reports: a range of days, a chart, the same figures as a table, files."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue as Answer
from wtforms import DateField
from wtforms.validators import InputRequired

from ivr.domain.user import Right
from ivr.services.reports import MOST_DAYS, Days
from ivr.web.access import needs
from ivr.web.forms import Form
from ivr.web.reports import files
from ivr.web.reports.table import MOST_SHOWN, Table, shown
from ivr.web.reports.tables import AHEAD, REPORTS
from ivr.web.site import site

pages = Blueprint("reports", __name__, url_prefix="/reports")
FIRST = "service"
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Range(Form):
    """Which days; asked for by GET, it changes nothing."""

    class Meta(Form.Meta):
        csrf = False

        def wrap_formdata(self, form: Form, formdata: Any) -> Any:
            """Only where a range was asked for; else the usual one."""
            return request.args if {"first", "last"} & set(request.args) else None

    first = DateField("С", validators=[InputRequired("Укажите день.")])
    last = DateField("По", validators=[InputRequired("Укажите день.")])


@pages.get("")
@needs(Right.REPORTS)
def reports() -> Answer:
    key = request.args.get("report", FIRST)
    if key not in REPORTS:
        abort(404)
    form, days = _asked()
    table = None if days is None else REPORTS[key][1](days)
    page = render_template(
        "reports/reports.html",
        form=form,
        table=table,
        key=key,
        tabs={name: title for name, (title, _) in REPORTS.items()},
        spans=_spans(ahead=key in AHEAD),
        shown=shown,
        most=MOST_SHOWN,
    )
    return page, 422 if days is None else 200


@pages.get("/<key>/csv")
@needs(Right.REPORTS)
def as_csv(key: str) -> Answer:
    days = _days_or_400()
    return _file(files.to_csv(_table(key, days)), f"{key}-{_name(days)}.csv", CSV)


@pages.get("/<key>/xlsx")
@needs(Right.REPORTS)
def as_xlsx(key: str) -> Answer:
    """One report, or `all` of them in one workbook."""
    days = _days_or_400()
    tables = [make(days) for _, make in REPORTS.values()] if key == "all" else [_table(key, days)]
    return _file(files.to_xlsx(tables), f"{key}-{_name(days)}.xlsx", XLSX)


def _table(key: str, days: Days) -> Table:
    if key not in REPORTS:
        abort(404)
    return REPORTS[key][1](days)


def _asked() -> tuple[Range, Days | None]:
    """The last seven days where nothing was asked; None where it cannot be."""
    today = site().rules.today(site().now())
    form = Range(data=_week(today))
    if {"first", "last"} & set(request.args) and not form.validate():
        return form, None
    first, last = form.first.data, form.last.data
    if last < first:
        form.refuse("last", "Последний день раньше первого.")
    elif (last - first).days >= MOST_DAYS:
        form.refuse("last", "Не больше года за раз.")
    return form, None if form.errors else Days(first, last)


def _days_or_400() -> Days:
    _, days = _asked()
    return abort(400) if days is None else days


def _week(today: date) -> dict[str, date]:
    return {"first": today - timedelta(days=6), "last": today}


def _spans(*, ahead: bool) -> dict[str, dict[str, str]]:
    """Ranges that are asked for often. Ahead are the fourteen days that the ministry watches (D-01)."""
    today = site().rules.today(site().now())
    yesterday, month = today - timedelta(days=1), today - timedelta(days=29)
    spans = {"Сегодня": (today, today), "Вчера": (yesterday, yesterday), "7 дней": tuple(_week(today).values())}
    spans |= {"30 дней": (month, today)} | ({"14 дней вперёд": (today, today + timedelta(days=13))} if ahead else {})
    return {title: {"first": first.isoformat(), "last": last.isoformat()} for title, (first, last) in spans.items()}


def _name(days: Days) -> str:
    return f"{days.first.isoformat()}-{days.last.isoformat()}"


def _file(content: bytes, name: str, mimetype: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename={quote(name)}"}
    return Response(content, content_type=mimetype, headers=headers)
