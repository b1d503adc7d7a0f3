"""Ways that a message takes to a patient: SMPP, a provider's HTTP gateway, e-mail."""
