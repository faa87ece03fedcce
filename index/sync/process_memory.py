"""What reading one document may take of memory, and what a process takes of it."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

MIB = 1024 * 1024

ROOM = 170
"""MiB that a document may take whatever its size, as what is small can be made of small things.

That is most of the 200 MB that are promised: loading leaves something behind when cutting begins.
"""

TIMES = 20
"""Times its size that a document may take besides: ordinary ones take about ten."""


FOR_PICTURES = 800
"""MiB that a document with text in pictures may take besides: the models and a picture take 650."""


def allowance(size: int, most: int, *, pictures: bool = False) -> int:
    """Return how many MiB reading a document of `size` bytes may take, at most `most`."""
    return min(most, ROOM + TIMES * size // MIB + FOR_PICTURES * pictures)


def is_limited_by_system() -> bool:
    """Say whether the system keeps a process within a limit of memory by itself."""
    return sys.platform == "linux"


def give_back_freed() -> None:
    """Give back to the system what this process freed; the C library of Linux keeps much of it.

    Elements of an HTML page are such: 75 MB of a page of one, which cutting it has to do without.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def resident_bytes(pid: int) -> int:
    """Return the memory that a process of ours has in use; 0 where the system does not tell."""
    try:
        if sys.platform == "win32":
            return _windows(pid)
        return _macos(pid) if sys.platform == "darwin" else _linux(pid)
    except (OSError, ValueError, AttributeError):
        return 0


def _linux(pid: int) -> int:
    with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123 - many times a second
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class _MacUsage(ctypes.Structure):
    """`rusage_info_v0` of libproc."""

    _fields_ = (
        ("uuid", ctypes.c_uint8 * 16),
        *((name, ctypes.c_uint64) for name in ("user", "system", "wakes", "interrupts", "ins")),
        ("wired", ctypes.c_uint64),
        ("resident", ctypes.c_uint64),
        *((name, ctypes.c_uint64) for name in ("footprint", "start", "exit")),
    )


def _macos(pid: int) -> int:
    usage = _MacUsage()
    library = ctypes.CDLL("/usr/lib/libproc.dylib")
    failed = library.proc_pid_rusage(pid, 0, ctypes.byref(usage))
    return 0 if failed else int(usage.resident)


class _WindowsCounters(ctypes.Structure):
    """`PROCESS_MEMORY_COUNTERS` of psapi."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("faults", ctypes.c_uint32),
        ("peak", ctypes.c_size_t),
        ("resident", ctypes.c_size_t),
        ("others", ctypes.c_size_t * 6),
    )


def _windows(pid: int) -> int:
    kernel: Any = getattr(ctypes, "windll").kernel32  # noqa: B009 - there is none elsewhere
    kernel.OpenProcess.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.OpenProcess(0x1000, False, pid))  # limited information
    if not handle:
        return 0
    try:
        counters = _WindowsCounters(size=ctypes.sizeof(_WindowsCounters))
        told = kernel.K32GetProcessMemoryInfo(handle, ctypes.byref(counters), counters.size)
        return int(counters.resident) if told else 0
    finally:
        kernel.CloseHandle(handle)
