"""The search follower: an index of claims, articles and sources, in a folder of this host, made by Tantivy."""
