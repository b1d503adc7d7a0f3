"""Speech to words for Asterisk: a websocket server (AEAP) in front of worker processes with Vosk. Knows no dialogue.

`server` talks to Asterisk, `session` is one caller, `pool` and `worker_process` keep the workers alive; in a worker,
`ear` decides when an answer begins and ends, `voicing` hears loudness, `engine` is Vosk. Audio is never stored.
"""
