"""A filter on system calls that no program can take off again: no network, and no way into other processes.

In AWS the private network is what keeps commands off every host; this closes what is left there (the runtime's own
loopback API, the resolver) and is all there is on a laptop. Built for seccomp(2), Linux on x86-64 and arm64.
"""

from __future__ import annotations

import errno
import os
import platform
import socket
import struct

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
# Offsets in struct seccomp_data; of an argument, its lower half.
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
# On x86-64 the numbers from here are a second way to the same calls.
_X32 = 0x40000000
_EVERYBODY = 0xFFFFFFFF

_NUMBERS = {
    "x86_64": (
        0xC000003E,
        {"socket": 41, "kill": 62, "ptrace": 101, "mount": 165, "keyctl": 250, "unshare": 272, "perf_event_open": 298,
         "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "bpf": 321, "io_uring_setup": 425,
         "pidfd_getfd": 438},
    ),
    "aarch64": (
        0xC00000B7,
        {"socket": 198, "kill": 129, "ptrace": 117, "mount": 40, "keyctl": 219, "unshare": 97, "perf_event_open": 241,
         "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "bpf": 280, "io_uring_setup": 425,
         "pidfd_getfd": 438},
    ),
}  # fmt: skip


def restrictions() -> bytes:
    """The filter as an array of struct sock_filter; empty where there is none for this machine.

    Sockets are refused but for Unix ones, which programs use within themselves; signals to this process and to
    everybody at once are refused too.
    """
    if os.uname().sysname != "Linux" or platform.machine() not in _NUMBERS:
        return b""
    architecture, numbers = _NUMBERS[platform.machine()]
    refuse = _instruction(_RETURN, _ERRNO | errno.EPERM)
    allow = _instruction(_RETURN, _ALLOW)
    program = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_EQUAL, architecture, when_true=1),
        refuse,
        _instruction(_LOAD, _NUMBER),
        _instruction(_AT_LEAST, _X32, when_false=1),
        refuse,
    ]
    for name, number in numbers.items():
        if name not in {"socket", "kill"}:
            program += [_instruction(_EQUAL, number, when_false=1), refuse]
    program += [
        _instruction(_EQUAL, numbers["socket"], when_false=4),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(_EQUAL, int(socket.AF_UNIX), when_false=1),
        allow,
        _instruction(_RETURN, _ERRNO | errno.EACCES),
        _instruction(_EQUAL, numbers["kill"], when_false=4),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(_EQUAL, _EVERYBODY, when_true=1),
        _instruction(_EQUAL, os.getpid(), when_false=1),
        refuse,
        allow,
    ]
    return b"".join(program)


def _instruction(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    """One step; the jumps say how many of the next steps to pass over."""
    return struct.pack("=HBBI", code, when_true, when_false, value)
