"""Refreshes the studio's libraries from the npm registry: `./run vendor` (needs npm).

Takes one module of each package, points its bare imports at the neighbours (so that the page needs no
import map, which a strict Content-Security-Policy would have to make an exception for), and writes down
versions and hashes in vendor/versions.json. A test holds the files to those hashes.
"""

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).parents[1] / "src" / "dreamreel" / "studio" / "vendor"
# Package and version -> file in its tarball -> our name.
PACKAGES = {
    "preact@11.2.0": {"dist/preact.mjs": "preact.js", "hooks/dist/hooks.mjs": "hooks.js"},
    "htm@3.1.1": {"dist/htm.mjs": "htm.js"},
    "@preact/signals@2.11.4": {"dist/signals.mjs": "signals.js"},
    "@preact/signals-core@1.14.5": {"dist/signals-core.mjs": "signals-core.js"},
}
BARE_IMPORTS = {
    "preact": "./preact.js",
    "preact/hooks": "./hooks.js",
    "@preact/signals-core": "./signals-core.js",
}
LICENSES = ("MIT", "Apache-2.0", "BSD-3-Clause", "ISC")


def main() -> None:
    """Fetches every package and rewrites the vendor folder's files and list."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    versions = [fetch(package, files) for package, files in PACKAGES.items()]
    (VENDOR / "versions.json").write_text(json.dumps(versions, indent=2) + "\n", "utf-8")
    size = sum(path.stat().st_size for path in VENDOR.glob("*.js"))
    print(f"{len(versions)} packages, {size} bytes in {VENDOR}")


def fetch(package: str, files: dict[str, str]) -> dict[str, Any]:
    """Writes a package's files and its licence; returns its entry for versions.json."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", "--json", package], cwd=folder, check=True, capture_output=True, text=True
        )
        facts = json.loads(packed.stdout)
        facts = facts[0] if isinstance(facts, list) else next(iter(facts.values()))
        with tarfile.open(Path(folder) / facts["filename"]) as tarball:
            about = json.loads(read(tarball, "package.json"))
            if about["license"] not in LICENSES:
                raise SystemExit(f"{package} is under {about['license']}; only {', '.join(LICENSES)} are vendored")
            name = about["name"].removeprefix("@").replace("/", "-")
            (VENDOR / f"LICENSE-{name}").write_text(read(tarball, "LICENSE"), "utf-8")
            hashes = {ours: write(read(tarball, theirs), ours) for theirs, ours in files.items()}
    return {
        "name": about["name"],
        "version": about["version"],
        "license": about["license"],
        "integrity": facts["integrity"],
        "sha256": hashes,
    }


def read(tarball: tarfile.TarFile, name: str) -> str:
    """The text of a file of an npm tarball."""
    member = tarball.extractfile(f"package/{name}")
    assert member is not None
    return member.read().decode("utf-8")


def write(text: str, name: str) -> str:
    """Writes a module with its imports made relative; returns its SHA-256."""
    text = re.sub(r"\n?//# sourceMappingURL=.*\s*$", "\n", text)
    text = re.sub(r'(from|import)\s*"([^".][^"]*)"', lambda found: f'{found[1]}"{BARE_IMPORTS[found[2]]}"', text)
    data = text.encode("utf-8")
    (VENDOR / name).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    main()
