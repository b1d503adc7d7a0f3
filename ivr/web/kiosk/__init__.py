"""The kiosk (infomat) in the hall: a patient books by touch, with the number of his policy (S3.1 to S3.8).

One address for everything: screens are pieces of HTML that answer POSTs, so that the browser's history holds nothing.
"""

from ivr.web.kiosk import afterwards, choosing
from ivr.web.kiosk.pages import pages

__all__ = ["afterwards", "choosing", "pages"]
