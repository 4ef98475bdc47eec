"""Everything that the service can be asked, written once as coroutines; a module for each kind of thing.

`AsyncCodexSwarmClient` is these methods, and `CodexSwarmClient` the same ones driven by blocking calls.
"""
