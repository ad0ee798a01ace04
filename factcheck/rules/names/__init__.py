"""Names of people, organizations and outlets: how alike two of them are, and by what an index finds them.

Everything here is a suggestion for a person who decides. No rule joins two sources.
"""
