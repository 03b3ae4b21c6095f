"""The store and the files that the settings name, for commands that need neither the API nor a model."""

from dreamreel.errors import InputError
from dreamreel.predictions.files import Files
from dreamreel.settings import Settings
from dreamreel.storage.database import open_store_engine
from dreamreel.storage.files import open_files
from dreamreel.storage.sql import SqlStore


def open_store(settings: Settings) -> SqlStore:
    """The store, its schema up to date. Raises InputError and DatabaseError."""
    make_data_folder(settings)
    return SqlStore(open_store_engine(settings.database_url, settings.data))


def open_kept_files(settings: Settings) -> Files:
    """Where predictions' files are kept, and removed as the settings say. Raises InputError and FilesError."""
    files = open_files(settings.files_url, settings.data)
    files.check()
    if settings.keep_frames_hours and files.path("") is None:
        raise InputError("keep_frames_hours", "frames in a bucket are removed by a lifecycle rule of the bucket")
    return files


def make_data_folder(settings: Settings) -> None:
    """Raises InputError."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("data", f"{settings.data} cannot be a folder: {error.strerror}") from None
