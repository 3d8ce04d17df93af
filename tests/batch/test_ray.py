"""The recipe of docs/scale.md on a cluster of two nodes, one of which dies in the middle."""

from __future__ import annotations

import json
import re
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

NOT_THERE = "the extra is not installed: pip install 'claimex[ray]'"
ray = pytest.importorskip("ray", reason=NOT_THERE)
cluster_utils = pytest.importorskip("ray.cluster_utils", reason=NOT_THERE)

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own, about itself and pandas
SCALE = Path(__file__).parent.parent.parent / "docs" / "scale.md"
COUNT = 600


@pytest.fixture
def cluster() -> Any:
    made = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    made.add_node(num_cpus=2)
    ray.init(address=made.address, log_to_driver=False)
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_node_that_dies_takes_no_document_with_it(cluster: Any, tiny_directory: Path, tmp_path: Path) -> None:
    articles, output = tmp_path / "articles", tmp_path / "claims"
    articles.mkdir()
    for number in range(12):
        ids = [f"d{i}" for i in range(number, COUNT, 12)]
        texts = [f"The police said {i} people were hurt." for i in range(len(ids))]
        pq.write_table(pa.table({"id": ids, "text": texts}), articles / f"{number}.parquet")
    [code] = re.findall(r"^```python ray\n(.*?)^```", SCALE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    code = code.replace("batch_size=256,", f'batch_size=10, fn_constructor_args=("{tiny_directory}",),')
    names = {"articles": str(articles), "output": str(output)}
    job = threading.Thread(target=exec, args=(code, names))
    job.start()
    _wait_for_output(output, job)
    [node] = list(cluster.worker_nodes)
    cluster.remove_node(node, allow_graceful=False)
    job.join(timeout=300)
    assert not job.is_alive()
    rows = [row for path in output.glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    assert sorted(row["id"] for row in rows) == sorted(f"d{i}" for i in range(COUNT))
    assert {row["error"] for row in rows} == {None}
    assert json.dumps(rows[0]["spans"])


def _wait_for_output(output: Path, job: threading.Thread) -> None:
    deadline = time.monotonic() + 180
    while not list(output.glob("*.parquet")) and job.is_alive() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert job.is_alive()
