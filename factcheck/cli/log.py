"""`log …`: check the transparency log, sign it, change its keys."""

import sys
from contextlib import closing

import click

from factcheck.cli.base import counted, json_option, phases, read_settings, show, talk
from factcheck.cli.log_verify import fault_json, open_publisher, verify
from factcheck.desk import people
from factcheck.errors import Misconfigured
from factcheck.followers import stamper
from factcheck.inspection import rebuilt_desk
from factcheck.log import transparency, verification
from factcheck.log.verification import Fault
from factcheck.storage.engine.database import COMMAND_WAIT, Database


@click.group("log")
def log_group() -> None:
    """Verify or sign the transparency log, rebuild a desk from it, or change its keys."""


@log_group.command()
@click.option("--into", "url", required=True, help="The URL of an empty database.")
@json_option
def rebuild(url: str, as_json: bool) -> None:
    """Make a whole new desk out of the log and its contents, and compare the two.

    The new desk has no tokens, sessions and webhooks: give people new tokens there. Verify the log first.
    """
    faults: list[Fault] = []
    done = verification.Progress()
    with open_publisher() as publisher, closing(Database(url, wait=COMMAND_WAIT)) as target, phases() as move:
        for some in rebuilt_desk.rebuild(publisher.database, target, done):
            faults += some
            move(done)
    if as_json:
        show({"entries": done.entries, "faults": [fault_json(fault) for fault in faults]})
    else:
        for fault in faults:
            show(fault.told())
        talk.print(f"Rebuilt from {counted(done.entries, 'entry', 'entries')}, {counted(len(faults), 'fault')}.")
    if faults:
        sys.exit(1)


@log_group.command()
def checkpoint() -> None:
    """Sign, publish and print a checkpoint of the current log."""
    with open_publisher() as publisher:
        publisher.publish()
        with publisher.database.reading() as connection:
            click.echo(transparency.checkpoint(connection)[0], nl=False)


@log_group.command("stamp")
def log_stamp() -> None:
    """Sign a checkpoint of the current log and have it stamped by the time-stamp server that FACTCHECK_TSA_URL names.

    The server does this on its own, at most once a minute.
    """
    settings = read_settings()
    with open_publisher() as publisher:
        found = stamper.of_settings(settings, publisher.database)
        if found is None:
            raise Misconfigured("FACTCHECK_TSA_URL is not set: it names the time-stamp server.")
        publisher.publish()
        show(found.stamp())


@log_group.command("key")
@click.option("--add", is_flag=True, help="Create another key, which signs together with the others.")
@click.option("--retire", is_flag=True, help="Retire the oldest key.")
def log_key(add: bool, retire: bool) -> None:
    """Print the public keys that sign the log, one per line, or change them: add one, wait, then retire the old one."""
    with open_publisher() as publisher:
        if add:
            publisher.add_key()
        if retire:
            publisher.retire_key()
        for each in publisher.signers():
            click.echo(each.verifier())


@log_group.command()
@click.option("--reason", required=True, help="The reason, which the log records.")
def epoch(reason: str) -> None:
    """Begin a new epoch, after a restore that lost signed entries. Old checkpoints stay provable."""
    with open_publisher() as publisher:
        with publisher.database.writing() as session:
            operator = people.operator(session)
        begun = publisher.new_epoch(operator, reason)
        publisher.publish()
    talk.print(f"Epoch {begun.epoch} has begun: the log is now {begun.origin}.")


log_group.add_command(verify)
