"""What docs/training.md tells people to type is typed here, with less data."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.test_readme import ROOT, blocks, shell

GUIDE = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")


def test_the_guide_leads_from_a_draft_to_a_model_of_ones_own(tmp_path: Path) -> None:
    mine = tmp_path / "mine"

    def typed(block: str) -> str:
        return shell(block.replace("mine", str(mine)).replace("runs/", f"{tmp_path}/runs/"))

    annotate, train = blocks("sh", GUIDE)
    typed(annotate)
    shutil.copy(mine / "courts.jsonl", mine / "courts-dev.jsonl")
    [corpora], [config] = blocks("yaml corpora", GUIDE), blocks("yaml config", GUIDE)
    (mine / "corpora.yaml").write_text(corpora, encoding="utf-8")
    config = config.replace("own-news: 0.2", "own-news: 0.005").replace("epochs: 3", "epochs: 1")
    (mine / "courts.yaml").write_text(config.replace("runs/", f"{tmp_path}/runs/"), encoding="utf-8")
    printed = typed(train)
    assert "coast guard" in printed.splitlines()[-1]
    assert (mine / "weights" / "linker.safetensors").exists()
