"""Lambda on one machine: every execution environment is a process that awslambdaric drives."""
