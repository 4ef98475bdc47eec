"""Tries the service as an application would, without anybody having to."""
