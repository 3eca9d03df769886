"""A list of system calls that no exercise needs, refused to a student's program by the kernel.

They are the ones that take memory no cap counts, look into other processes, choose another core, or have opened
kernels before: shared memory, tracing, mounts, namespaces, keys, BPF, io_uring. bubblewrap loads the filter last.
"""

import errno
import platform
import struct

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {  # name: number on x86_64, number on aarch64
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "sched_setaffinity": (203, 122),
    "semget": (64, 190),
    "setns": (308, 268),
    "shmat": (30, 196),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # of classic BPF: load a word, jump if, jump if, return
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
X32 = 0x40000000  # the same calls under other numbers


def program() -> bytes:
    """The filter for this machine as `bwrap --seccomp` reads it; empty where the numbers are not known.

    >>> len(program()) % 8
    0
    """
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        return b""
    numbers = sorted(call[list(ARCHITECTURES).index(machine)] for call in CALLS.values())
    steps = [(LOAD, 0, 0, 4), (EQUAL, 0, len(numbers) + 3, ARCHITECTURES[machine]), (LOAD, 0, 0, 0)]
    steps += [(AT_LEAST, len(numbers) + 1, 0, X32)]
    steps += [(EQUAL, len(numbers) - n, 0, number) for n, number in enumerate(numbers)]
    # From the jumps above: past the calls and the permission, to the refusal.
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)
