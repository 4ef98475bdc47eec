"""What the laptop cloud has acknowledged, in a folder: it is there again after Ctrl-C, `kill -9` or a reboot.

moto keeps everything in memory. So each call that changes something is written down before it is answered: items of
tables and versions of objects as moto has them after the call, executions while they run. Bytes of objects are files.
At the start it is all put back, and executions that were under way are started again under their names: their tasks go
on from the run's log.
"""
