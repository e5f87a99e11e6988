"""The import contracts of pyproject.toml hold, and no module escapes them."""

import re
import tomllib
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}


def modules() -> set[str]:
    """All of ours at the first level."""
    found = {
        f"plugin.{path.stem}"
        for path in (ROOT / "plugin").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    return found - {"plugin.__init__"} | {"webhooks", "admin_ui"}


def test_the_contracts_hold() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None) == 0


def test_every_module_has_its_place() -> None:
    layers = {
        name for layer in CONTRACTS["layers"]["layers"] for name in layer.replace("|", " ").replace(":", " ").split()
    }
    common = set(CONTRACTS["common"]["source_modules"])
    assert layers | common | {"plugin.sandbox"} == modules()
    assert not layers & common


def test_no_contract_forgets_a_module() -> None:
    everything = modules()
    common = set(CONTRACTS["common"]["source_modules"])
    assert set(CONTRACTS["common"]["forbidden_modules"]) == everything - common
    assert set(CONTRACTS["sandbox"]["forbidden_modules"]) == everything - {"plugin.sandbox"}
    assert set(CONTRACTS["sandbox-by-process"]["source_modules"]) == everything - {"plugin.sandbox"}


def test_no_contract_has_exceptions() -> None:
    for contract in CONTRACTS.values():
        assert "ignore_imports" not in contract


def test_the_image_installs_what_was_tested() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE))

    image, tested = pins("requirements-app.lock"), pins("requirements.lock")
    assert "starlette" in image
    assert image.items() <= tested.items(), "run `make lock`"
    assert "pytest" not in image
