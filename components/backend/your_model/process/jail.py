"""What a process that runs a visitor's model may not do. A list of allowed classes stands before
it, and Keras's own safe mode: this holds if something gets past both."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import struct
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

SECONDS = {"open": 20, "load": 20, "run": 10}
"""Seconds of a processor that each kind of request may take."""

IDLE = 600.0
"""Seconds without a request after which the process ends by itself."""

MEMORY = 2**30
"""Bytes that the process may take beside what it has at the beginning."""

LARGEST_FILE = 2**28
"""The most bytes of a file that it writes: more than any model that it may load."""

_NOBODY = 65534
_NEW_USER, _NEW_NETWORK, _NEW_MESSAGES = 0x10000000, 0x40000000, 0x08000000  # of unshare(2)
_NO_NEW_RIGHTS = 38  # of prctl(2)
_CREATE_RULES, _ADD_RULE, _OBEY_RULES = 444, 445, 446  # of syscall(2): Landlock's
_READ_FILE = 4  # of Landlock
_READABLE = ("/dev/null", "/dev/urandom", "/proc/self")  # TensorFlow reads there when it begins
_FILES = 64  # that may be open at once
_THREADS = 4096  # of all such processes together, of this server and of others on this machine
_REFUSED = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn")
_REFUSED += ("os.system", "os.startfile", "os.kill", "pty.", "ctypes.", "urllib.", "webbrowser.")
_REFUSED += ("signal.pthread_kill", "sqlite3.")
_INSIDE = ("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir")
_INSIDE += ("os.symlink", "os.truncate", "os.utime", "os.setxattr", "os.removexattr", "shutil.")
_INSIDE += ("os.chdir", "os.listdir", "os.scandir")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def enter(folder: Path) -> None:
    """Have this process do nothing but compute from here on, and read and write the files of one
    folder alone.

    On every system an audit hook refuses all else, but to ask whether a file exists and how large
    it is. It sees the calls of Python alone. What holds for native code too, such as TensorFlow's
    own, is what Linux takes away, as far as its own settings let us: the network (a namespace),
    other files (Landlock, since 5.13) and the rights of root (another user).

    There is no filter of system calls. So native code could

    - start processes: each has the same limits, and the user without rights has at most some
      thousand of them;
    - send signals to processes of the same user, before Linux 6.12, since which Landlock refuses
      that: to those of other models if the server is root, else to the server itself;
    - fill the disk: each file has a limit, but not how many there are.

    Args:
        folder: an empty one.
    """
    os.chdir(folder)
    tempfile.tempdir = str(folder)
    with suppress(OSError):
        _leave_network()
    with suppress(OSError):
        _leave_files(folder)
    limits = {
        resource.RLIMIT_DATA: _data() + MEMORY,
        resource.RLIMIT_FSIZE: LARGEST_FILE,
        resource.RLIMIT_NOFILE: _FILES,
        resource.RLIMIT_CORE: 0,
    }
    with suppress(OSError):
        _become_nobody(folder)
        # Not for another user, whose own processes would count, too.
        limits[resource.RLIMIT_NPROC] = _THREADS
    for limit, most in limits.items():
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))
    sys.addaudithook(_refusing(folder))


def remove(folder: Path) -> None:
    """Remove a folder in which such a process may have left anything: folders thousands deep, on
    which Python's own function ends, or links to other folders, whose rights it would change."""
    subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL)


def allow_seconds(seconds: int) -> None:
    """Have the system end this process once it has computed for that long from now."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def _leave_network() -> None:
    """Move to a new, empty network; for that, who is not root first gets a user namespace."""
    _call("unshare", (0 if os.getuid() == 0 else _NEW_USER) | _NEW_NETWORK | _NEW_MESSAGES)


def _leave_files(folder: Path) -> None:
    """Lose all files but those in the folder, by Landlock: https://docs.kernel.org/userspace-api/landlock.html

    Raises:
        OSError: the system has no Landlock, which Linux has had since 5.13.
    """
    version = _call("syscall", _CREATE_RULES, None, 0, 1)
    rights = 2 ** (13 + (version >= 2) + (version >= 3) + (version >= 5)) - 1  # that it knows
    tcp, outside = 3 * (version >= 4), 3 * (version >= 6)
    governed = struct.pack("QQQ", rights, tcp, outside)
    rules = _call("syscall", _CREATE_RULES, governed, len(governed), 0)
    for path, allowed in ((folder, rights), *((path, _READ_FILE) for path in _READABLE)):
        file = os.open(path, os.O_PATH)
        _call("syscall", _ADD_RULE, rules, 1, struct.pack("=Qi", allowed, file), 0)
        os.close(file)
    _call("prctl", _NO_NEW_RIGHTS, 1, 0, 0, 0)
    _call("syscall", _OBEY_RULES, rules, 0)
    os.close(rules)


def _call(name: str, *args: Any) -> int:
    """Call a function of Linux's C library."""
    if sys.platform != "linux":  # the numbers of calls are Linux's
        raise OSError(errno.ENOSYS, name)
    longs = [ctypes.c_long(each) if isinstance(each, int) else each for each in args]
    found = getattr(ctypes.CDLL(None, use_errno=True), name)(*longs)
    if found < 0:
        raise OSError(ctypes.get_errno(), name)
    return found


def _become_nobody(folder: Path) -> None:
    """Give up the rights of root, and the folder to the user without any.

    Raises:
        OSError: it is not root, or only within a container that does not let it.
    """
    os.chown(folder, _NOBODY, _NOBODY)
    os.setgroups([])
    os.setgid(_NOBODY)
    os.setuid(_NOBODY)


def _data() -> int:
    """The bytes that count for RLIMIT_DATA; 0 where the system has no such limit."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text("utf-8").splitlines():
            if line.startswith("VmData:"):
                return int(line.split()[1]) * 1024
    return 0


def _refusing(folder: Path) -> Any:
    """A hook that Python calls before it opens, changes, connects or starts something."""
    inside, *readable = (os.path.realpath(path) for path in (folder, *_READABLE))

    def is_below(path: Any, allowed: list[str]) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):  # a file that is open, or no path
            return True
        found = os.path.realpath(os.fsdecode(path))
        return any(found == each or found.startswith(each + "/") for each in allowed)

    def refuse(event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            _, _, flags = args
            writes = not isinstance(flags, int) or flags & _WRITES
            is_fine = is_below(args[0], [inside] if writes else [inside, *readable])
        elif event.startswith(_INSIDE):
            is_fine = all(is_below(path, [inside]) for path in args[:2])
        else:
            is_fine = not event.startswith(_REFUSED)
        if not is_fine:
            raise PermissionError(f"{event} is not allowed here")

    return refuse
