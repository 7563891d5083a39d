from __future__ import annotations

import subprocess
import sys
from pathlib import Path

GALLERY = Path(__file__).parents[1] / "gallery.py"


def test_the_gallery_writes_a_page_for_each_pull_request(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(GALLERY), str(tmp_path)], check=True)
    pages = sorted(path.stem for path in tmp_path.glob("*.html"))
    assert pages == sorted(["index", *(path.stem for path in tmp_path.glob("*.md"))])
    assert len(pages) == 9
    assert "language-mermaid" in (tmp_path / "breaking.html").read_text("utf-8")
