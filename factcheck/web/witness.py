"""The witness's own small application: one call, add-checkpoint (C2SP tlog-witness)."""

from flask import Flask, Response, request

from factcheck.log.vouching.witnesses import WitnessDesk
from factcheck.web.edge.headers import finished

LONGEST = 100_000


def create_witness(desk: WitnessDesk) -> Flask:
    """Make the application of a witness."""
    app = Flask("factcheck.witness")
    app.config["MAX_CONTENT_LENGTH"] = LONGEST

    @app.post("/add-checkpoint")
    def add_checkpoint() -> Response:
        status, media_type, body = desk.add_checkpoint(request.get_data())
        return Response(body, status, content_type=media_type)

    app.wsgi_app = finished(app.wsgi_app)  # type: ignore[assignment,method-assign]
    return app
