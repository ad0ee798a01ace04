"""`watch …`: which articles are watched, and the process that fetches them."""

import signal

import click

from factcheck.cli.base import counted, json_option, opened_at_head, read_settings, show, talk
from factcheck.desk.capturing import watches
from factcheck.desk.capturing.pages import Camera
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.engine.sole import sole
from factcheck.watching.watcher import Watcher


@click.group("watch")
def watch_group() -> None:
    """Watch articles for changes of their text, and feeds for new articles."""


@watch_group.command("list")
@json_option
def list_watches(as_json: bool) -> None:
    """List the watched articles with their state, those that are due first."""
    with opened_at_head() as database, database.reading() as connection:
        found = watches.listed(connection)
    if as_json:
        show(found)
        return
    for each in found:
        state = (
            f"failed ({each['error']})" if each["error"] else "fine" if each["last_checked_at"] else "not checked yet"
        )
        following = f"next {each['next_at']}" if each["next_at"] else "over"
        show(f"{each['article_id']}\t{each['every']}\t{state}\t{following}\t{each['article']['url'] or 'no URL'}")


@watch_group.command()
@click.option("--once", is_flag=True, help="Check what is due now, then exit.")
def run(once: bool) -> None:
    """Fetch watched articles and feeds when they are due, until a signal stops it. Run one process per desk.

    If a text has changed, the capture and the snapshot are added in the name of the operator, and so are the captures
    of what a feed has new. After any interruption it continues where it stopped.
    """
    settings = read_settings()
    with opened_at_head(checkpoints=False) as database, sole(database, AdvisoryLock.WATCH) as held:
        watcher = Watcher(database, Camera.of(settings), settings.secret_key, held=held)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: watcher.stop())
        if once:
            talk.print(f"{counted(watcher.drain(), 'check')}.")
        else:
            talk.print("Watching. Press Ctrl-C to stop.")
            watcher.run()
