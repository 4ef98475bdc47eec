"""The API's Lambda authorizer."""
