"""What a batch promises: killed at any moment it loses nothing; memory is flat; time grows as documents do.

usage: python -m benchmarks.batch [--only PART ...] [--documents N] [--kills N] [--streamed N]

kills    a batch of --documents short articles is killed at --kills random moments; after the last start every document
         is there once and every shard can be read
growth   seconds and peak memory (of all processes together) for a tenth of the documents and for all of them
stream   memory of one process into which --streamed documents of one sentence flow, and whether all came out
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from benchmarks.throughput import made_up

WORDS = 60  # of an article
PER_SHARD = 20
MEBI = 2**20
PARTS = ["kills", "growth", "stream"]


def write_articles(path: Path, count: int) -> None:
    """Made-up articles as JSON lines."""
    with path.open("w", encoding="utf-8") as file:
        for number, document in enumerate(made_up(count, WORDS)):
            row = {"id": f"{number:06d}", "date": "2024-03-14", "text": document.text}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def command(articles: Path, output: Path, per_shard: int = PER_SHARD) -> list[str]:
    """The batch as a person starts it."""
    options = ["batch", str(articles), "-o", str(output), "--per-shard", str(per_shard)]
    return [sys.executable, "-m", "claimex.cli", *options]


def kills(folder: Path, documents: int, count: int) -> bool:
    """Prints how it went; whether every document came out once."""
    articles, output = folder / "kills.jsonl", folder / "kills"
    write_articles(articles, documents)
    dice = random.Random(7)
    moments: list[int] = []
    while len(moments) < count:
        shards = len(list(output.glob("part-*")))
        process = subprocess.Popen(command(articles, output), stderr=subprocess.DEVNULL)
        try:
            # Half of the moments are anywhere from the start on, half lie where shards are being written.
            if len(moments) % 2:
                while process.poll() is None and len(list(output.glob("part-*"))) == shards:
                    time.sleep(0.005)
            process.wait(dice.uniform(0, 0.5 if len(moments) % 2 else 1.5))
        except subprocess.TimeoutExpired:
            process.kill()
        if process.wait() != -signal.SIGKILL:
            break
        moments.append(len(list(output.glob("part-*"))))
    ended = subprocess.run(command(articles, output), stderr=subprocess.PIPE, text=True, check=False)
    ids = [row for path in sorted(output.glob("part-*.parquet")) for row in pq.read_table(path)["id"].to_pylist()]
    right = ids == [f"{number:06d}" for number in range(documents)] and ended.returncode == 0
    leftovers = [
        path.name for path in output.iterdir() if not path.name.startswith("part-") and path.name != "job.json"
    ]
    print(f"killed {len(moments)} times, with {', '.join(map(str, moments))} shards there")
    print(f"last start: {ended.stderr.strip()}")
    print(f"{len(ids):,} documents in {len(list(output.glob('part-*'))):,} shards, each once and in order: {right}")
    print(f"other files left: {leftovers or 'none'}")
    return right and not leftovers and len(moments) == count


def growth(folder: Path, documents: int) -> None:
    """Prints seconds and memory of two sizes."""
    print(f"{'documents':>10} {'seconds':>8} {'a second':>9} {'peak MiB':>9} {'MiB at 1/4, 1/2 and 3/4':>24}")
    seconds = []
    for count in (documents // 10, documents):
        articles, output = folder / f"{count}.jsonl", folder / str(count)
        write_articles(articles, count)
        began = time.monotonic()
        memory = list(_memory(subprocess.Popen(command(articles, output, 250), stderr=subprocess.DEVNULL)))
        spent = time.monotonic() - began
        start = next(path.stat().st_mtime for path in [output / "job.json"])
        seconds.append(max(path.stat().st_mtime for path in output.glob("part-*")) - start)
        quarters = ", ".join(f"{memory[len(memory) * i // 4]:,.0f}" for i in (1, 2, 3))
        print(f"{count:10,} {spent:8.1f} {count / spent:9.1f} {max(memory):9,.0f} {quarters:>24}")
        shutil.rmtree(output)
    print(f"ten times the documents: {seconds[1] / seconds[0]:.2f} times the time, loading the model included")


def stream(documents: int) -> bool:
    """Prints the memory at ten moments; whether every document came out, in order."""
    arguments = [sys.executable, "-m", "claimex.cli", "extract", "-", "--format", "jsonl"]
    out: list[int] = []
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        feeder = threading.Thread(target=_feed, args=(process.stdin, documents))
        feeder.start()
        memory = []
        for number, line in enumerate(process.stdout, 1):
            out.append(int(json.loads(line)["id"]))
            if number % max(1, documents // 10) == 0:
                memory.append(psutil.Process(process.pid).memory_info().rss / MEBI)
        feeder.join()
    right = out == list(range(documents))
    print(f"{documents:,} documents streamed: MiB at every tenth {', '.join(f'{m:,.0f}' for m in memory)}")
    print(f"all came out in order: {right}")
    return right


def _feed(pipe: IO[bytes], documents: int) -> None:
    for number in range(documents):
        text = f"Port {number}: at least {number % 97 + 2} people were hurt on Monday, the coast guard said."
        pipe.write(json.dumps({"id": str(number), "date": "2024-03-14", "text": text}).encode() + b"\n")
    pipe.close()


def _memory(process: subprocess.Popen[bytes]) -> Iterator[float]:
    """MiB held by a process and its children, twice a second until it ends."""
    root = psutil.Process(process.pid)
    while process.poll() is None:
        total = 0
        for each in [root, *root.children(recursive=True)]:
            try:
                total += each.memory_full_info().uss  # what is shared is not counted twice
            except psutil.Error:
                continue
        yield total / MEBI
        time.sleep(0.5)


def main() -> None:
    """Run the parts and print what they show; status 1 where a batch lost something."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--streamed", type=int, default=100_000)
    arguments = parser.parse_args()
    right = "stream" not in arguments.only or stream(arguments.streamed)
    with tempfile.TemporaryDirectory() as folder:
        if "growth" in arguments.only:
            growth(Path(folder), arguments.documents)
        if "kills" in arguments.only:
            right = kills(Path(folder), arguments.documents, arguments.kills) and right
    sys.exit(not right)


if __name__ == "__main__":
    main()
