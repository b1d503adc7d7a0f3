"""Printers of talons that the server reaches by itself: ESC/POS, by the network or as a USB device."""
