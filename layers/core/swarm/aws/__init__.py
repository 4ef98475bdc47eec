"""The doors to AWS: clients, signed URLs, executions."""
