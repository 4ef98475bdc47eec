"""The untrusted side of a job: fetch the files, do the calls, hand back what changed. Standard library only.

    from swarm_job import Call, CallResult, Limits

`swarm_job.runner.run` does a job; `swarm_job.programs.execute` runs one program within limits;
`swarm_job.shield.shield` hides the process that calls it. Of these only the contract is imported here: each program
that works on a document begins with this package, and has no use for what fetches and delivers.
"""

from swarm_job.contract import TEXTS, Call, CallResult, JobRefused, Limits

__all__ = ["TEXTS", "Call", "CallResult", "JobRefused", "Limits"]
