"""What an environment has. usage: python -I probe.py"""

import hashlib
import json
import os
import platform
import sys
import sysconfig
from importlib import metadata


def version(name):
    try:
        return metadata.version(name)
    except Exception:
        return None


def packages():
    """A digest of everything that is installed, with its version."""
    held = {(d.metadata["Name"] or "", d.version) for d in metadata.distributions()}
    return hashlib.sha256(repr(sorted(held)).encode()).hexdigest()


NAMES = (
    "ruff",
    "mypy",
    "black",
    "isort",
    "pytest",
    "coverage",
    "pytest-benchmark",
    "pip-audit",
    "detect-secrets",
)
print(
    json.dumps(
        {
            "python": platform.python_version(),
            "implementation": sys.implementation.name,
            "cache_tag": sys.implementation.cache_tag,
            "command": sys.executable,
            "executable": os.path.realpath(sys.executable),
            "prefixes": sorted(
                {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
            ),
            "path": [p for p in sys.path if os.path.exists(p)],
            "site": sysconfig.get_path("purelib"),
            "scripts": sysconfig.get_path("scripts"),
            "tools": {name: version(name) for name in NAMES if version(name)},
            "packages": packages(),
        }
    )
)
