"""`mail …`: the process that mails notifications to people."""

import signal
import sys

import click

from factcheck.cli.base import counted, opened_at_head, read_settings, talk
from factcheck.errors import Misconfigured
from factcheck.mailing.letters import Letters
from factcheck.mailing.mailer import SENT, Mailer
from factcheck.outbound.mail import Failure, Post
from factcheck.storage.engine.advisory_locks import AdvisoryLock
from factcheck.storage.engine.sole import sole


@click.group("mail")
def mail_group() -> None:
    """Mail notifications to the people who gave an address."""


@mail_group.command()
@click.option("--once", is_flag=True, help="Send what is due now, then exit.")
def run(once: bool) -> None:
    """Mail new notifications, at once or once a day as people chose, until a signal stops it. Run one process per desk.

    The server, or whatever else follows the log, finds out who is notified of what. After any interruption it continues
    where it stopped.
    """
    settings = read_settings()
    post = Post.of(settings)
    if post is None:
        raise Misconfigured("FACTCHECK_SMTP_URL is required to send mail.")
    with opened_at_head(checkpoints=False) as database, sole(database, AdvisoryLock.MAIL) as held:
        mailer = Mailer(database, post, Letters.of(settings), held=held)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: mailer.stop())
        if not once:
            talk.print("Sending mail. Press Ctrl-C to stop.")
            mailer.run()
            return
        outcomes = mailer.drain()
        talk.print(f"{counted(outcomes[SENT], 'mail')} sent.")
        if failed := outcomes.total() - outcomes[SENT]:
            talk.print(f"{counted(failed, 'mail')} not sent. The log lines say why.")
        if outcomes[Failure.DOWN] or outcomes[Failure.POSTPONED]:
            sys.exit(1)
