"""Our JSON in and out: one marshmallow class per noun. Never queries."""
