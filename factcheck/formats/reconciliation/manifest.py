"""What the service says of itself."""

from typing import Any

from factcheck.formats.here import Here
from factcheck.formats.reconciliation.reading import BATCH
from factcheck.formats.reconciliation.vocabulary import TYPES, type_of

WIDTH, HEIGHT = 400, 160  # pixels of a preview
PATH = "/reconcile"


def manifest(here: Here, version: str, *, needs_token: bool) -> dict[str, Any]:
    """Return the manifest of a desk."""
    service = f"{here.base}{PATH}"
    told: dict[str, Any] = {
        "versions": ["0.2"],
        "name": f"Sources of {here.name}",
        "identifierSpace": here.source(""),
        "schemaSpace": "https://schema.org/Thing",
        "documentation": f"{here.base}/docs",
        "serviceVersion": version,
        "logo": f"{here.base}/static/icon.svg",
        "view": {"url": f"{here.base}/sources/{{{{id}}}}"},
        "defaultTypes": [type_of(kind) for kind in TYPES],
        "batchSize": BATCH,
        "preview": {"url": f"{service}/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT},
        "suggest": {
            kind: {
                "service_url": service,
                "service_path": f"/suggest/{kind}",
                "flyout_service_url": service,
                "flyout_service_path": f"/flyout/{kind}?id=${{id}}",
            }
            for kind in ("entity", "type", "property")
        },
        "extend": {
            "propose_properties": {"service_url": service, "service_path": "/properties"},
            "property_settings": [],
        },
    }
    if needs_token:
        # A security scheme of OpenAPI 2.0, which has no other word for a bearer token.
        told["authentication"] = {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": "A token of this desk, as Bearer fck_….",
        }
    return told
