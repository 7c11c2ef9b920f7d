"""Reading the text of a config file."""

from pathlib import Path

from charrnn.errors import ConfigError
from charrnn.storage.files import NotRegularError, open_regular
from charrnn.terminal import one_line

MOST_BYTES = 2**20


def read_source(path: str | Path) -> str:
    """The text of the file `path`. Raises ConfigError with the next step in one line."""
    file = Path(path)
    try:
        if file.is_dir():
            raise _refusal(file, "is a folder; name the config file in it")
        with open_regular(file) as stream:
            content = stream.read(MOST_BYTES + 1)
    except NotRegularError:
        raise _refusal(
            file, "is not a regular file; save the config to a file and name that"
        ) from None
    except FileNotFoundError:
        raise _refusal(
            file, "there is no such file; `charrnn config init FILE` writes one to start from"
        ) from None
    except OSError as error:
        raise _refusal(file, f"cannot be read ({error.strerror})") from None
    except ValueError:
        raise _refusal(file, "is not a name that a file can have") from None
    if len(content) > MOST_BYTES:
        raise _refusal(file, "is larger than 1 MiB; is it the text instead of the config?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refusal(
            file, f"is not UTF-8 (byte {error.start + 1}); save it in that encoding"
        ) from None


def _refusal(file: Path, reason: str) -> ConfigError:
    return ConfigError([f"{one_line(str(file))}: {reason}"])
