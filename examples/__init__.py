"""Programs that use the service as an application does."""
