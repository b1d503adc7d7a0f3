"""What the numbers were measured on."""

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from importlib import metadata
from pathlib import Path

LIBRARIES = ("panoramisk", "sqlalchemy", "psycopg", "numpy")


def facts() -> dict[str, str]:
    """Processor, cores, memory and versions."""
    return {
        "cpu": _first(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo")) or platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": _memory(),
        "load before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
        "system": _first(r'PRETTY_NAME="(.+)"', Path("/etc/os-release")) or platform.platform(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "sipp": _version("sipp", "-v", r"(v[\d.]+)"),
        **{name: metadata.version(name) for name in LIBRARIES},
    }


def _memory() -> str:
    kib = _first(r"MemTotal:\s*(\d+)", Path("/proc/meminfo"))
    return f"{int(kib) / 2**20:.1f} GiB" if kib else "unknown"


def _first(pattern: str, path: Path) -> str | None:
    found = re.search(pattern, path.read_text(encoding="utf-8")) if path.exists() else None
    return found[1].strip() if found else None


def _version(program: str, option: str, pattern: str) -> str:
    path = shutil.which(program)
    if path is None:
        return "absent"
    done = subprocess.run([path, option], capture_output=True, text=True, timeout=10, check=False)
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1] if found else "unknown"
