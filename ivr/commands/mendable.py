"""What a person can mend: told in one line, without a traceback."""

from ivr.commands.alone import AlreadyUp
from ivr.commands.child import ChildRefused
from ivr.data.reading import DataError
from ivr.dialogue.ears import BadHearing
from ivr.dialogue.menus import BadMenu
from ivr.listen.trouble import ListenTrouble
from ivr.phone.asterisk import AsteriskFailed
from ivr.phone.config import BadPhoneConfig
from ivr.settings import BadSettings
from ivr.setup.debs import SetupFailed
from ivr.speech.wording import BadWording

MENDABLE = (
    BadSettings,
    AlreadyUp,
    SetupFailed,
    AsteriskFailed,
    BadPhoneConfig,
    ChildRefused,
    BadWording,
    BadMenu,
    BadHearing,
    DataError,
    ListenTrouble,
    OSError,  # a folder that may not be written, a disk that is full: its name is in the message
)
