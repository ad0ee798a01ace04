"""Login by OpenID Connect: the identity provider that the operator names, and what its ID tokens say."""
