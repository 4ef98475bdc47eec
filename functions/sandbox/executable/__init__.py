"""Documents with code in them, run chunk by chunk: `python -m sandbox.executable`, as one program of the sandbox."""
