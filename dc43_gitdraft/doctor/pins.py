"""Whether workflows can install this tool by the requirements file beside their actions."""

from __future__ import annotations

REQUIREMENTS = ".github/actions/requirements.txt"
#: What people write where `init` cannot know it.
EXAMPLE = "dc43-gitdraft @ git+https://HOST/OWNER/dc43-gitdraft.git@COMMIT"


def trouble(text: str) -> tuple[str, str] | None:
    """Return what keeps pip from installing by the file, and what to write; None where nothing."""
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        said = f"{REQUIREMENTS} names nothing to install, and every workflow fails"
        return said, f"write where dc43-gitdraft is: `{EXAMPLE}`"
    if any("git+ssh:" in line for line in lines):
        said = f"{REQUIREMENTS} installs over SSH, and a runner has no key"
        return said, f"write an https address: `{EXAMPLE}`"
    return None
