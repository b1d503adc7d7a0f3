"""From the ring in the operator's page to the caller's data on it: real browsers, Asterisk, `ivr up`, demo data."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, expect, sync_playwright

from bench.measure import Result, percentile, result
from tests.web import test_calls_browser as calls
from tests.web.conftest import CHROMIUM, FLAGS

GOAL_MS = 100
WATCH = """() => {
    const seen = window.seen = { ring: null, pop: null };
    const call = document.getElementById('call');
    const look = () => {
        if (seen.ring === null && !call.hidden && call.classList.contains('is-ringing')) seen.ring = performance.now();
        if (seen.pop === null && document.querySelector('#pop #caller-name')) seen.pop = performance.now();
    };
    window.watch?.disconnect();
    window.watch = new MutationObserver(look);
    window.watch.observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def measure(*, quick: bool) -> list[Result]:
    with TemporaryDirectory() as folder, sync_playwright() as playwright, ExitStack() as stack:
        hospital = calls.open_hospital(Path(folder))
        stack.callback(hospital.end)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        stack.callback(browser.close)
        phones = calls.Telephones(hospital, hospital.secrets()["demo-desk"], browser, stack)
        operator = phones.operator()
        taken = [_rung(phones, operator) for _ in range(3 if quick else 20)]
    p95 = percentile(taken, 0.95) * 1000
    note = f"p95 {p95:.0f} ms, worst {max(taken) * 1000:.0f} ms; 0: the data were there before the ring"
    return [result("pop", "ring in the page to the caller's data", taken, goal=f"<= {GOAL_MS} ms", note=note)]


def _rung(phones: calls.Telephones, operator: Page) -> float:
    """Seconds of one ring; the caller gives up, so that the operator is ready again."""
    operator.evaluate(WATCH)
    caller = phones.caller()
    calls.wants_a_person(caller)
    calls.state(operator, "Звонок")
    expect(operator.locator("#pop #caller-name")).to_be_visible()
    seen = operator.evaluate("window.seen")
    caller.get_by_role("button", name="Завершить звонок").click()
    calls.state(operator, "Готов")
    caller.context.close()
    return max(0.0, seen["pop"] - seen["ring"]) / 1000
