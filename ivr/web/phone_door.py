"""Where a browser finds the websocket of the exchange."""

from flask import request

from ivr.web.site import site


def websocket() -> str:
    """On the host that the page came from, unless the settings name another."""
    door = site().door
    if "://" in door.path:
        return door.path
    scheme = "wss" if request.is_secure else "ws"
    host = request.host.rpartition(":")[0] or request.host if door.port is not None else request.host
    port = f":{door.port}" if door.port is not None else ""
    return f"{scheme}://{host}{port}{door.path}"
