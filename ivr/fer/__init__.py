"""The contract of the federal booking service, «Запись на приём к врачу» v2: messages, their XML, their schema.

Shared by the service that we are (`ivr.web.fer`) and the client that we can be; it knows neither of them.
"""
