"""Booking a doctor by telephone: the call-centre voice service of a district hospital."""
