"""The WSGI entry point for any server: ``granian --interface wsgi wsgi:application``."""

from factcheck.app import create_app
from factcheck.settings import Settings

application = create_app(Settings.from_environment())
