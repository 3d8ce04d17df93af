"""``import claimex`` is for everybody, also for who only reads documents: it costs next to nothing."""

from __future__ import annotations

import json
import subprocess
import sys

# Time of the process, not of the clock: the machine may be busy with other things.
CODE = """
import json, sys, time
began = time.process_time()
import claimex
seconds = time.process_time() - began
print(json.dumps([seconds, sorted({name.partition(".")[0] for name in sys.modules})]))
"""
HEAVY = {
    "torch",
    "openvino",
    "transformers",
    "tokenizers",
    "safetensors",
    "numpy",
    "pint",
    "babel",
    "dateutil",
    "rich",
    "typer",
    "tqdm",
}


def test_import_is_fast_and_brings_no_heavy_module() -> None:
    runs = [json.loads(subprocess.check_output([sys.executable, "-c", CODE], text=True)) for _ in range(3)]
    assert HEAVY.isdisjoint(runs[0][1])
    assert min(seconds for seconds, _ in runs) < 0.3
