"""Which archive a desk has: the one that FACTCHECK_ARCHIVE names, or a folder beside the database."""

from factcheck.errors import Misconfigured
from factcheck.settings import Settings, archive_folder
from factcheck.storage.archive.base import Archive
from factcheck.storage.archive.folders import FolderArchive


def archive_of(settings: Settings) -> Archive:
    """Return the archive of a desk with these settings. Nothing is connected or made yet.

    Raises Misconfigured if it is a bucket and the library for buckets is not installed.
    """
    folder = archive_folder(settings)
    if folder is not None:
        return FolderArchive(folder)
    try:
        from factcheck.storage.archive.buckets import BucketArchive
    except ImportError as error:
        raise Misconfigured(
            "FACTCHECK_ARCHIVE names a bucket, which needs more: pip install 'factcheck[s3]'."
        ) from error
    return BucketArchive(settings.archive)
