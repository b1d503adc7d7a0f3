"""SOAP 1.1 around a message: envelope, body, fault."""

from typing import TypeVar

from lxml import etree

from ivr.fer import codec, contract, xml
from ivr.fer.messages import OPERATIONS, Request, Response

M = TypeVar("M")
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
CONTENT_TYPE = "text/xml; charset=utf-8"
_ENVELOPE, _HEADER, _BODY, _FAULT = (f"{{{SOAP}}}{name}" for name in ("Envelope", "Header", "Body", "Fault"))
_MUST = f"{{{SOAP}}}mustUnderstand"


class SoapFault(Exception):
    """What cannot be answered by a message. `code`: Client, Server, VersionMismatch or MustUnderstand."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


def opened(data: bytes) -> tuple[str, etree._Element]:
    """The operation that is asked for, and its message, not checked yet. Raises BadXml, SoapFault."""
    body = _content(xml.parse(data))
    name = etree.QName(body).localname.removesuffix("Request")
    if name not in OPERATIONS or body.tag != codec.tag_of(OPERATIONS[name][0]):
        raise SoapFault("Client", "there is no such operation")
    return name, body


def request_of(operation: str, message: etree._Element) -> Request:
    """Raises Invalid for what breaks the schema."""
    return _checked(OPERATIONS[operation][0], message)


def read_response(operation: str, data: bytes) -> Response:
    """Raises BadXml, SoapFault (the far end's, or ours for an answer to something else), Invalid."""
    body = _content(xml.parse(data))
    if body.tag == _FAULT:
        code = (body.findtext("faultcode") or "Server").rpartition(":")[2].strip()
        raise SoapFault(code, body.findtext("faultstring") or "")
    kind = OPERATIONS[operation][1]
    if body.tag != codec.tag_of(kind):
        raise SoapFault("Server", "the answer is to another operation")
    return _checked(kind, body)


def write(message: Request | Response) -> bytes:
    """The message in an envelope. Raises Invalid where it would break the schema: nothing wrong is ever sent."""
    element = codec.write(message)
    contract.check(element)
    return _wrapped(element)


def write_fault(fault: SoapFault) -> bytes:
    element = etree.Element(_FAULT, nsmap={"soap": SOAP})
    etree.SubElement(element, "faultcode").text = f"soap:{fault.code}"
    etree.SubElement(element, "faultstring").text = fault.text
    return _wrapped(element)


def _content(root: etree._Element) -> etree._Element:
    """The one element in the body."""
    if etree.QName(root).localname == "Envelope" and root.tag != _ENVELOPE:
        raise SoapFault("VersionMismatch", "SOAP 1.1 is spoken here")
    body = root.find(_BODY)
    if root.tag != _ENVELOPE or body is None or len(body) != 1:
        raise SoapFault("Client", "an envelope of SOAP 1.1 with one message is expected")
    header = root.find(_HEADER)
    if header is not None and any(each.get(_MUST) == "1" for each in header):
        raise SoapFault("MustUnderstand", "no header is understood here")
    return body[0]


def _checked(kind: type[M], element: etree._Element) -> M:
    contract.check(element)
    try:
        return codec.read(kind, element)
    except ValueError:
        raise contract.Invalid("a value cannot be read", etree.QName(element).localname) from None


def _wrapped(content: etree._Element) -> bytes:
    envelope = etree.Element(_ENVELOPE, nsmap={"soap": SOAP})
    etree.SubElement(envelope, _BODY).append(content)
    return bytes(etree.tostring(envelope, xml_declaration=True, encoding="utf-8"))
