"""`backup` and `restore`."""

import sys
from contextlib import closing
from pathlib import Path

import click

from factcheck.cli.base import counted, json_option, read_settings, show, talk
from factcheck.errors import SchemaOutdated
from factcheck.log.clock import now, stamp
from factcheck.settings import embedded_file, log_folder
from factcheck.storage import backup as backups
from factcheck.storage import schema
from factcheck.storage.archive.opening import archive_of
from factcheck.storage.damage import Damage
from factcheck.storage.engine.database import Database

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--without-archive", is_flag=True, help="Leave out the files of captures, which you copy by other means.")
@json_option
def backup(folder: Path, without_archive: bool, as_json: bool) -> None:
    """Write a backup of the database and of the files of captures to a new FOLDER. The desk can stay online.

    The backup does not include the log's key, the signing record and the secret key: store those elsewhere.
    """
    settings = read_settings()
    archive = None if without_archive else archive_of(settings)
    manifest, damages = backups.back_up(settings.database_url, folder, stamp(now()), archive)
    if as_json:
        show(
            {
                "folder": str(folder),
                **manifest,
                "faults": [{"place": each.place, "detail": each.detail} for each in damages],
            }
        )
    file = embedded_file(settings.database_url)
    secret = f" and {file.with_suffix('.secret')}" if file else ""
    files = f" and {counted(manifest['archive']['files'], 'captured page')}" if archive else ", without captured pages"
    talk.print(f"{folder} has a backup of the database{files}. Store separately: {log_folder(settings)}/{secret}.")
    _end_with(damages, "The backup is complete and includes the damaged data")


@click.command()
@click.argument("folder", type=FOLDER)
def restore(folder: Path) -> None:
    """Restore a backup into a database that does not exist yet, or is empty. Nothing is overwritten.

    The files of its captures are copied to the archive, unless they are there.
    """
    settings = read_settings()
    url, archive = settings.database_url, archive_of(settings)
    manifest, damages = backups.restore(url, folder, archive)
    talk.print(f"The database was restored to its state of {manifest['made_at']}.")
    if manifest.get("archive") is None:
        talk.print(f"The backup has no files of captures: copy them to {archive.place} yourself.")
    with closing(Database(url)) as database, database.reading() as connection:
        try:
            schema.demand_head(connection)
        except SchemaOutdated as error:
            talk.print(error.detail)
    talk.print("Now run `factcheck doctor` and `factcheck log verify`, then start the desk.")
    _end_with(damages, "The backup was restored with its damaged data")


def _end_with(damages: list[Damage], done: str) -> None:
    """End with exit 1 where something is damaged, and name it."""
    if damages:
        talk.print(f"{done}. Run `factcheck doctor` and `factcheck log verify` to see the consequences:", style="red")
        for each in damages:
            talk.print(f"{each.place}: {each.detail}")
        sys.exit(1)
