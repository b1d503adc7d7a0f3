"""`/fhir`: HL7 FHIR R4 beside the API (docs/fhir.md)."""

from ivr.web.fhir import audit_log, directory, operations, patients, visits
from ivr.web.fhir.pages import pages

__all__ = ["audit_log", "directory", "operations", "pages", "patients", "visits"]
