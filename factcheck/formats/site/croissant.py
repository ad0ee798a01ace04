"""A dump as Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html), for search engines.

Croissant is schema.org's Dataset with the files, their hashes, and what columns a table has. So one document serves
those that know schema.org alone too.
"""

from typing import Any

from factcheck.formats.here import Here
from factcheck.formats.site import dumps

Json = dict[str, Any]
VERSION = "http://mlcommons.org/croissant/1.0"
MEDIA_TYPE = "application/ld+json"
TABLE = "claims.csv.gz"
_CROISSANT = ("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet",
              "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet",
              "references", "regex", "repeated", "replace", "samplingRate", "separator", "source", "subField",
              "transform")  # fmt: skip
CONTEXT: Json = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in _CROISSANT},
}
# What the files are inside of their compression, as Croissant names it.
_FORMATS = {".ndjson.gz": "application/jsonlines", ".csv.gz": "text/csv", ".json.gz": "application/ld+json"}


def dataset(manifest: Json, here: Here) -> Json:
    """Return the description of a dump, given by its manifest."""
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "@id": f"{here.base}/data",
        "conformsTo": VERSION,
        "name": f"Fact checks by {here.name}",
        "description": (
            f"What {here.name} has published: claims with their verdicts, who said them and the evidence, reports, and "
            f"corrections. It is complete up to entry {manifest['as_of_log_index']} of the public log."
        ),
        "url": f"{here.base}/data",
        "license": manifest["licence_url"],
        "citeAs": f"{here.name}: fact checks. {here.base}/data, as of log entry {manifest['as_of_log_index']}.",
        "isAccessibleForFree": True,
        "creator": {"@type": "sc:Organization", "name": here.name, "url": here.home()},
        "publisher": {"@type": "sc:Organization", "name": here.name, "url": here.home()},
        "datePublished": manifest["created_at"],
        "dateModified": manifest["created_at"],
        "version": f"1.0.{manifest['as_of_log_index']}",
        "keywords": ["fact checking", "ClaimReview", "claims"],
        "distribution": [_file(each, here) for each in manifest["files"]],
        "recordSet": [_table()],
    }


def _file(each: Json, here: Here) -> Json:
    inside = next(kind for end, kind in _FORMATS.items() if each["name"].endswith(end))
    return {
        "@type": "cr:FileObject",
        "@id": each["name"],
        "name": each["name"],
        "description": each["description"],
        "contentUrl": f"{here.base}{each['path']}",
        "contentSize": f"{each['bytes']} B",
        "encodingFormat": [inside, each["media_type"]],
        "sha256": each["sha256"],
    }


def _table() -> Json:
    """Return the columns of the table of claims."""
    return {
        "@type": "cr:RecordSet",
        "@id": "claims",
        "name": "claims",
        "description": "Published claims, one per row.",
        "key": {"@id": "claims/id"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"claims/{name}",
                "name": name,
                "dataType": _TYPES.get(name, "sc:Text"),
                "source": {"fileObject": {"@id": TABLE}, "extract": {"column": name}},
            }
            for name in dumps.COLUMNS
        ],
    }


_TYPES = {
    **dict.fromkeys(("low", "high"), "sc:Float"),
    **dict.fromkeys(("supports", "refutes", "context"), "sc:Integer"),
    **dict.fromkeys(("url",), "sc:URL"),
}
