"""Real SIP calls through a real Asterisk, made by sipp."""
