"""XML from strangers: no DTD, no entities, no network, no comments, bounded; and what may be said of its mistakes."""

import re

from lxml import etree

MOST_BYTES = 256 * 1024
"""More than the longest message needs many times over."""
_DTD = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


class BadXml(ValueError):
    """Not XML that is read here; the message repeats nothing of it."""


def parse(data: bytes) -> etree._Element:
    """The root. Raises BadXml for what is too long, malformed, not UTF-8, or brings a DTD with it."""
    if len(data) > MOST_BYTES:
        raise BadXml(f"longer than {MOST_BYTES} bytes")
    # Before anything is parsed: entities that grow or that point outside are declared in a DTD, and SOAP allows none.
    if _DTD.search(data):
        raise BadXml("a document type is not allowed")
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as problem:
        line, column = problem.position
        raise BadXml(f"malformed at line {line}, column {column}") from None
    if root.getroottree().docinfo.doctype:
        raise BadXml("a document type is not allowed")
    return root


def _parser() -> etree.XMLParser:
    """One for each document: threads do not share it. UTF-8 whatever the declaration says, so that no other encoding
    hides a document type.
    """
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
