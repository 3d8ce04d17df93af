"""The peers' own environment, and the pipe to a library that runs in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from claimex.fields import Json

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"


def python_of(directory: Path) -> Path:
    """The Python of the environment in ``directory``, which is made there, from the pins, where it is absent or old."""
    python, stamp = directory / "bin" / "python", directory / "requirements.txt"
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        _run(sys.executable, "-m", "venv", "--clear", directory)
        _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS)
        stamp.write_text(wanted, encoding="utf-8")
    return python


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


def ask(python: Path, peer: str, rows: Iterable[Json]) -> Iterator[Json]:
    """The peer's answer to each row, in order; it reads them one by one."""
    command: list[str | Path] = [python, HERE / "runner.py", peer]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for row in rows:
            print(json.dumps(row), file=process.stdin, flush=True)
            answer = process.stdout.readline()
            if not answer:
                raise RuntimeError(f"{peer} ended: run {python} {HERE / 'runner.py'} {peer} by hand to see why")
            yield json.loads(answer)
