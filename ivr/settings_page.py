"""docs/settings.md, made from the settings themselves: `python -m ivr.settings_page > docs/settings.md`."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ivr.settings import Settings

_HEAD = """\
# Settings

Nothing has to be set: without a file everything has the default below. A setting is written in a TOML file,

```toml
[sip]
bind = "0.0.0.0"
port = 5060
```

or in the environment, which wins over the file: `IVR_SIP__PORT=5060`. The file is `ivr.toml` beside the Makefile, or
the one that `IVR_CONFIG` or `ivr --config FILE` names. Relative folders are meant from the folder of that file. A name
or a value that does not fit is refused at once with its place; `ivr check` reads them all and says what it found.

`IVR_ASTERISK` names an Asterisk to start instead of the one that would be found: its binary, or a folder with Debian's
package unpacked. Passwords that the program makes itself lie in `secrets.toml` in the var folder, for its owner.

*This page is made by `python -m ivr.settings_page`; a test compares the two.*
"""


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(_section(name) for name in Settings.model_fields)


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Key, environment variable, default and meaning of every setting."""
    for section, field in Settings.model_fields.items():
        for name, leaf in _leaves(field).items():
            variable = f"IVR_{section}__{name}".upper()
            yield f"{section}.{name}", variable, _shown(leaf.default), leaf.description or ""


def _section(name: str) -> str:
    head = f"\n## [{name}]\n\n| Key | Environment | Default | Meaning |\n| --- | --- | --- | --- |\n"
    mine = [row for row in rows() if row[0].startswith(f"{name}.")]
    return head + "".join(
        f"| `{key.partition('.')[2]}` | `{variable}` | {default} | {meaning} |\n"
        for key, variable, default, meaning in mine
    )


def _leaves(field: FieldInfo) -> dict[str, FieldInfo]:
    section = field.annotation
    if not (isinstance(section, type) and issubclass(section, BaseModel)):
        raise TypeError(f"{section} is no section of settings")
    return section.model_fields


def _shown(default: object) -> str:
    match default:
        case None | "":
            return "empty"
        case bool():
            return f"`{str(default).lower()}`"
        case Path():
            return f"`{default.as_posix()}`"
    return f"`{default}`"


if __name__ == "__main__":
    print(page(), end="")
