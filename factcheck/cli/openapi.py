"""`openapi`."""

import json

import click

from factcheck.app import create_app
from factcheck.cli.base import read_settings, show


@click.command("openapi")
def print_openapi() -> None:
    """Print the OpenAPI document."""
    show(json.loads(create_app(read_settings()).extensions["factcheck.openapi"]))
