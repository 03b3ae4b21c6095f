"""An address of files -> the files: a folder, or a bucket."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from dreamreel.errors import InputError
from dreamreel.predictions.files import Files
from dreamreel.storage.local_files import LocalFiles


def open_files(url: str, folder: Path) -> Files:
    """The files of url (`s3://bucket/prefix`, `gs://bucket/prefix`, `file:///path`), or of folder if url is empty.

    Raises InputError and FilesError.
    """
    if not url:
        return LocalFiles(folder)
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and parts.path:
        return LocalFiles(Path(unquote(parts.path)))
    if parts.scheme in ("s3", "gs") and parts.netloc:
        from dreamreel.storage.bucket import BucketFiles

        return BucketFiles(url)
    raise InputError("files_url", f'must be s3://bucket/prefix, gs://bucket/prefix or file:///path, got "{url[:80]}"')
