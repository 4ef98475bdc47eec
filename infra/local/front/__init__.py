"""API Gateway on one machine: an HTTP API with payload format 2.0, as the template describes it."""
