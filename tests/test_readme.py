"""What the README tells people to type is typed here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.process import served

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


PORT_8000 = "http://127.0.0.1:8000"
COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


def shell(command: str) -> str:
    """Runs in a shell whose claimex is the one under test, with no home and no network settings to lean on."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": "/nonexistent", "HF_HUB_OFFLINE": "1", "LANG": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-ec", command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_readme_has_commands_and_they_name_the_targets() -> None:
    assert len(COMMANDS) >= 6
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:`|^)make (\w+)", README, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


@pytest.mark.parametrize("command", [command for command in COMMANDS if not command.startswith("make ")])
def test_command_runs(command: str, tmp_path: Path) -> None:
    shell(command.replace("/tmp/", f"{tmp_path}/"))


@pytest.mark.skipif(not (ROOT / ".venv" / "installed").exists(), reason="make has not installed into .venv here")
@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make ")])
def test_make_prints_the_claims_of_the_example(command: str) -> None:
    printed = shell(command)
    assert "57" in printed
    assert "coast guard" in printed


def test_the_record_shown_is_the_record_written() -> None:
    [shown] = [json.loads(block) for block in blocks("json")]
    [line] = shell(COMMANDS[0]).splitlines()
    [claim] = json.loads(line)["claims"]
    scores = {"score": None}
    assert _without(claim, scores) == _without(shown, scores)


def _without(value: object, keys: dict[str, None]) -> object:
    """The record less its scores: they differ in the last digits between machines."""
    if isinstance(value, dict):
        return {key: _without(inner, keys) for key, inner in value.items() if key not in keys}
    return value


def test_python_example_prints_a_claim() -> None:
    [code] = blocks("python")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "14" in done.stdout
    assert "ministry" in done.stdout


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served() as (url, _):
        yield url


@pytest.mark.parametrize("command", [line for block in blocks("sh http") for line in block.splitlines()])
def test_http_command_gets_claims(address: str, command: str) -> None:
    rows = [json.loads(line) for line in shell(command.replace(PORT_8000, address)).splitlines()]
    assert sum(len(row["claims"]) for row in rows[0].get("extractions", rows)) >= 1


def test_http_python_example_prints_a_claim(address: str) -> None:
    [code] = blocks("python http")
    code = code.replace(PORT_8000, address)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    assert "14" in done.stdout
    assert "ministry" in done.stdout
