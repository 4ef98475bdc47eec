"""The untrusted side of a job: fetch the files, do the calls, hand back what changed. Standard library only.

    from swarm_job import Call, CallResult, Limits, run

`swarm_job.programs.execute` runs one program within limits; `swarm_job.shield.shield` hides the process that calls it.
"""

from swarm_job.contract import TEXTS, Call, CallResult, JobRefused, Limits
from swarm_job.runner import Work, run

__all__ = ["TEXTS", "Call", "CallResult", "JobRefused", "Limits", "Work", "run"]
