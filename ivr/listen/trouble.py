"""What only a person can mend; each message says what to do."""


class ListenTrouble(Exception):
    """Recognition cannot run."""


class BadModel(ListenTrouble):
    """The speech model is missing, damaged, or cannot be had."""


class CannotListen(ListenTrouble):
    """The address cannot be used; names the setting."""
