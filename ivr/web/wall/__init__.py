"""The wallboard: queue, operators, callers of the assistant, figures of today; what a supervisor does from there."""

from typing import Any

from flask import Blueprint, abort, jsonify, render_template
from flask.typing import ResponseReturnValue as Answer

from ivr.domain.operator import BREAKS, OperatorState
from ivr.domain.user import Right
from ivr.services import access, audit, wallboard
from ivr.services.exchange import ExchangeDown, NobodyTalks, SpyMode
from ivr.web import wording
from ivr.web.access import needs, user, who
from ivr.web.site import run, site
from ivr.web.workplace import WrongState, agent_json, queue_json

pages = Blueprint("wall", __name__, url_prefix="/wall")
NO_TALK = "Этот оператор сейчас не разговаривает."


@pages.get("")
@needs(Right.WALL)
def wall() -> Answer:
    words = {
        "states": {state.value: text for state, text in wording.STATES.items()},
        "breaks": BREAKS,
        "steps": wording.STEPS,
    }
    return render_template("wall/wall.html", words=words, may_spy=user().may(Right.SPY))


@pages.get("/state")
@needs(Right.WALL)
def state() -> Answer:
    """What events tell piece by piece, and the calls of the assistant."""
    here, desk = site(), site().desk
    agents = desk.agents()
    live = run(wallboard.live, rules=here.rules, now=here.now())
    return jsonify(
        agents=[agent_json(view) for view in agents],
        queue=queue_json(desk.queue(), agents),
        exchange=desk.connected,
        calls=[{"call": one.key, "since": one.begun_at.timestamp(), "step": one.step} for one in live],
        now=here.now().timestamp(),
    )


@pages.get("/today")
@needs(Right.WALL)
def today() -> Answer:
    """Figures since midnight; null where there is nothing to divide by."""
    told = run(wallboard.today, rules=site().rules, now=site().now())
    return jsonify(
        level=told.service.level,
        offered=told.service.offered,
        abandoned=told.service.abandoned,
        waited=told.service.waited,
        handled=told.talks.handled,
        talks=told.talks.talks,
        alone=told.alone,
        calls=sum(told.endings.values()),
    )


@pages.post("/agents/<int:user_id>/spy/<mode>")
@needs(Right.SPY)
def spy(user_id: int, mode: str) -> Answer:
    """The supervisor's own telephone rings; answered, it is in the talk."""
    if mode not in set(SpyMode):
        abort(404)
    desk = site().desk
    ear, mouth = desk.phone_of(user().id), desk.phone_of(user_id)
    view = desk.of(user_id)
    if ear is None:
        raise WrongState("Откройте рабочее место в другой вкладке: слушать можно через его телефон.")
    if view is None or mouth is None or view.state is not OperatorState.TALKING or user_id == user().id:
        raise WrongState(NO_TALK)
    _note(f"spy.{mode}", user_id, view.call_key)
    site().exchange.spy(ear, mouth, SpyMode(mode))
    return jsonify(message="Ответьте на звонок своего телефона.")


@pages.post("/agents/<int:user_id>/pause")
@needs(Right.SPY)
def pause(user_id: int) -> Answer:
    """No more calls for him: now, or after the talk."""
    busy = _there(user_id)
    site().desk.rest(user_id, "supervisor")
    _note("operator.paused", user_id)
    return jsonify(message="Остановится после разговора." if busy else "Остановлен.")


@pages.post("/agents/<int:user_id>/log-out")
@needs(Right.SPY)
def log_out(user_id: int) -> Answer:
    """His sessions end and his page goes to the log-in."""
    if _there(user_id):
        raise WrongState("У оператора звонок. Сначала остановите его: после разговора сеанс можно завершить.")
    run(access.throw_out, user_id, who=who(), now=site().now())
    site().desk.leave(user_id)
    site().hub.throw_out(user_id)
    return jsonify(message="Сеанс завершён.")


def _there(user_id: int) -> bool:
    """True where he has a caller. Raises WrongState for somebody who is not at work."""
    view = site().desk.of(user_id)
    if view is None:
        raise WrongState("Этого оператора нет на рабочем месте.")
    return view.state in (OperatorState.RINGING, OperatorState.TALKING)


def _note(action: str, user_id: int, call_key: str | None = None) -> None:
    """Before it is done: nobody listens unnoticed."""
    detail: dict[str, Any] = {"operator": user_id} | ({"call": call_key} if call_key else {})
    run(audit.record, who=who(), action=action, detail=detail, now=site().now())


@pages.errorhandler(WrongState)
def wrong_state(problem: WrongState) -> Answer:
    return jsonify(message=str(problem)), 409


@pages.errorhandler(NobodyTalks)
def nobody_talks(problem: NobodyTalks) -> Answer:
    return jsonify(message=NO_TALK), 409


@pages.errorhandler(ExchangeDown)
def exchange_down(problem: ExchangeDown) -> Answer:
    return jsonify(message="Телефонная станция не отвечает."), 503
