"""A filter on system calls that no program can take off again: what ordinary programs need, and nothing else.

No network, no signal to whoever runs the program, no way into other processes, nothing that outlives its maker. Built
for seccomp(2), for the machine that this interpreter was compiled for, whatever `uname` is made to say.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from swarm_job.syscall_numbers import AARCH64, X86_64, numbers

_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
# Offsets in struct seccomp_data. Of an argument, the lower half: all that the kernel reads of those checked here.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
# On x86-64 the numbers from here are a second way to the same calls.
_X32 = 0x40000000
# `e_machine` of an ELF file -> the audit architecture of linux/audit.h, and our column of numbers.
_MACHINES = {62: (0xC000003E, X86_64), 183: (0xC00000B7, AARCH64)}

_NEW_NAMESPACES = 0x7E020000
_KINDS = 0xF  # of a socket's type, without its flags
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX = 8, 10, 15
_FIOSETOWN, _SIOCSPGRP, _TIOCSTI, _TIOCLINUX = 0x8901, 0x8902, 0x5412, 0x541C
_PERSONALITY_ASKED = 0xFFFFFFFF

Steps = list[bytes]


@lru_cache(maxsize=4)
def restrictions(forker: int = 0) -> bytes:
    """The filter as an array of struct sock_filter; empty where there is none for this machine.

    It is made for programs that this process starts: its own pid and process group are out of their reach, and those
    of the `forker` that makes them, which leads a group of its own.
    """
    if sys.platform != "linux" or (machine := _machine()) not in _MACHINES:
        return b""
    architecture, column = _MACHINES[machine]
    known = numbers(column)
    forkers = [forker] if forker else []
    checked = _checked([os.getpid(), *forkers], [os.getpgrp(), *forkers])
    program = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, architecture, when_true=1),
        _refuse(),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _X32, when_false=1),
        _refuse(),
    ]
    for name, steps in checked.items():
        program += [_step(_EQUAL, known[name], when_false=len(steps)), *steps]
    allowed = sorted(number for name, number in known.items() if name not in checked)
    return b"".join([*program, *_members(allowed)])


def _machine() -> int:
    """What this interpreter was compiled for, from its own file: a personality changes what `uname` says."""
    with Path("/proc/self/exe").open("rb") as own:
        return int(struct.unpack_from("<18xH", own.read(20))[0])


def _checked(protected: Sequence[int], groups: Sequence[int]) -> Mapping[str, Steps]:
    """Calls whose arguments decide; each list ends with an answer whatever they are."""
    return {
        "socket": [
            *_only(0, [socket.AF_UNIX], errno.EACCES),
            *_only(1, [socket.SOCK_STREAM, socket.SOCK_SEQPACKET], errno.EACCES, mask=_KINDS),
            _allow(),
        ],
        # A Unix socket has a path, and daemons listen at some.
        "connect": [_refuse(errno.EACCES)],
        "kill": [*_never(0, [*protected, *(-group for group in groups), -1]), _allow()],
        "tgkill": [*_never(0, protected), _allow()],
        # Whoever is in the handler's group is reached by signals to "my own group".
        "setpgid": [*_never(1, groups), _allow()],
        "fcntl": [*_never(1, [_F_SETOWN, _F_SETSIG, _F_SETOWN_EX]), _allow()],
        "ioctl": [*_never(1, [_FIOSETOWN, _SIOCSPGRP, _TIOCSTI, _TIOCLINUX]), _allow()],
        "prlimit64": [*_only(0, [0]), _allow()],
        "setpriority": [*_only(0, [os.PRIO_PROCESS]), *_only(1, [0]), _allow()],
        "sched_setaffinity": [*_only(0, [0]), _allow()],
        "personality": [*_only(0, [0, _PERSONALITY_ASKED]), _allow()],
        "clone": [
            _step(_LOAD, _ARGUMENTS),
            _step(_ANY_BIT, _NEW_NAMESPACES, when_false=1),
            _refuse(),
            _allow(),
        ],
        # Its flags are in memory, where no filter looks; programs go on with `clone`.
        "clone3": [_refuse(errno.ENOSYS)],
        # Memory that no process has to map, so that no measuring finds it.
        "memfd_create": [_refuse(errno.ENOSYS)],
    }


def _only(argument: int, values: Iterable[int], error: int = errno.EPERM, mask: int = 0) -> Steps:
    """Goes on if the argument is one of the values, and otherwise answers with the error."""
    wanted = list(values)
    steps = [_step(_LOAD, _ARGUMENTS + 8 * argument)]
    if mask:
        steps.append(_step(_AND, mask))
    steps += [_step(_EQUAL, value, when_true=len(wanted) - index) for index, value in enumerate(wanted)]
    return [*steps, _refuse(error)]


def _never(argument: int, values: Iterable[int]) -> Steps:
    """Goes on unless the argument is one of the values."""
    steps = [_step(_LOAD, _ARGUMENTS + 8 * argument)]
    for value in values:
        steps += [_step(_EQUAL, value, when_false=1), _refuse()]
    return steps


def _members(allowed: Iterable[int]) -> Steps:
    """Allows these numbers, given in ascending order, and refuses all others."""
    ranges: list[list[int]] = []
    for number in allowed:
        if ranges and ranges[-1][1] == number:
            ranges[-1][1] += 1
        else:
            ranges.append([number, number + 1])
    steps: Steps = []
    for first, end in ranges:
        steps += [_step(_AT_LEAST, first, when_true=1), _refuse(), _step(_AT_LEAST, end, when_true=1), _allow()]
    return [*steps, _refuse()]


def _allow() -> bytes:
    return _step(_RETURN, _ALLOW)


def _refuse(error: int = errno.EPERM) -> bytes:
    return _step(_RETURN, _ERRNO | error)


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    """One instruction; the jumps say how many of the next ones to pass over."""
    return struct.pack("=HBBI", code, when_true, when_false, value & 0xFFFFFFFF)
