"""Fetch the named front-end packages with npm and lay the few files that pages load under static.

Run it only to change a version: `python tools/vendor.py`. The files are committed, so nobody who
installs Martlet needs Node; `tests/web/test_web_vendored_files.py` compares their hashes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
VENDOR = ROOT / "src" / "martlet" / "web" / "static" / "vendor"
FILES = {
    "htmx.org": (("dist/htmx.min.js", "htmx.min.js"), ("LICENSE", "LICENSES/htmx.txt")),
    "@picocss/pico": (("css/pico.min.css", "pico.min.css"), ("LICENSE.md", "LICENSES/pico.txt")),
    "cytoscape": (
        ("dist/cytoscape.min.js", "cytoscape.min.js"),
        ("LICENSE", "LICENSES/cytoscape.txt"),
    ),
    "echarts": (
        ("dist/echarts.simple.min.js", "echarts.simple.min.js"),
        ("LICENSE", "LICENSES/echarts.txt"),
        ("NOTICE", "LICENSES/echarts-notice.txt"),
    ),
}
"""Package → (path inside it, path under `vendor`)."""
LICENCES = {
    "htmx.org": "0BSD",
    "@picocss/pico": "MIT",
    "cytoscape": "MIT",
    "echarts": "Apache-2.0",
}


def main() -> None:
    """Install into a temporary folder, copy the named files, write `vendor.json`."""
    npm = shutil.which("npm")
    if npm is None:
        message = "npm is needed to change a vendored version"
        raise SystemExit(message)
    entries = []
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(ROOT / "package.json", folder)
        command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, check=True)
        for package, files in FILES.items():
            source = Path(folder) / "node_modules" / package
            version = json.loads((source / "package.json").read_text(encoding="utf-8"))["version"]
            for inside, outside in files:
                target = VENDOR / outside
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / inside, target)
                entries.append(
                    {
                        "file": outside,
                        "package": package,
                        "version": version,
                        "licence": LICENCES[package],
                        "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
                    }
                )
    listing = json.dumps(entries, indent=2, ensure_ascii=False)
    (VENDOR / "vendor.json").write_text(listing + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
