"""The schema and the description of the service: read once, and whoever sends something else is told where."""

import re
from copy import deepcopy
from functools import cache
from importlib.resources import files
from pathlib import Path
from threading import Lock

from lxml import etree

SCHEMAS = ("er.xsd", "applicant.xsd")
"""Served beside the description, under the addresses by which it names them."""
_FOLDER = Path(str(files("ivr.fer") / "contract"))
_ADDRESS = "{http://schemas.xmlsoap.org/wsdl/soap/}address"
_ONE = Lock()


class Invalid(ValueError):
    """A message that breaks the schema, at `path`: element names from the message on, parted by slashes.

    What was sent may be personal and is not repeated.
    """

    def __init__(self, reason: str, path: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.reason, self.path = reason, path


def check(message: etree._Element) -> None:
    """Raises Invalid with the first thing that breaks the schema."""
    # A tree of its own: inside an envelope libxml2 would begin at the envelope.
    root = etree.ElementTree(deepcopy(message)).getroot()
    with _ONE:  # a schema has one log of errors
        schema = _schema()
        if schema.validate(root):
            return
        problem = schema.error_log[0]
    raise Invalid(_reason(problem.type_name, problem.message), _path(root, problem.path))


def schema_file(name: str) -> bytes:
    """One of SCHEMAS."""
    return (_FOLDER / "v2" / name).read_bytes()


def description(address: str) -> bytes:
    """The WSDL of the service at that address."""
    tree = etree.fromstring((_FOLDER / "er.wsdl").read_bytes())
    for element in tree.iter(_ADDRESS):
        element.set("location", address)
    return bytes(etree.tostring(tree, xml_declaration=True, encoding="utf-8"))


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(_FOLDER / "v2" / "er.xsd"))


def _reason(type_name: str, message: str) -> str:
    """Of libxml2's words only names that stand in the schema are repeated."""
    expected = ", ".join(re.findall(r"\{[^}]*\}([A-Za-z_]+)", message.partition("Expected is")[2]))
    if "ELEMENT_CONTENT" in type_name:
        wrong = "an element is missing" if "Missing child" in message else "an element is not expected here"
        return f"{wrong}; it may be {expected}" if expected else wrong
    if type_name == "SCHEMAV_CVC_ELT_1":
        return "there is no such message"
    return "the value does not fit its type"


def _path(root: etree._Element, xpath: str | None) -> str:
    """The place that libxml2 names in the prefixes of the sender, told without prefixes."""
    known = {prefix: uri for each in root.iter() for prefix, uri in each.nsmap.items() if prefix}
    try:
        found = root.xpath(xpath, namespaces=known) if xpath else None
    except etree.XPathError:
        found = None
    element = found[0] if isinstance(found, list) and found else root
    names = [etree.QName(each).localname for each in (element, *element.iterancestors())]
    return "/".join(reversed(names))
