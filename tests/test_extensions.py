"""A tactic comes in through an entry point, whether it is ours or a stranger's."""

from pathlib import Path

import pytest

from plugin.errors import SettingsError
from plugin.extensions import GROUP, load_tactics
from tests.test_docs import worked_example_source


def install(folder: Path, name: str, source: str) -> None:
    """A distribution with one module that is named as a source of tactics."""
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {name}\n", encoding="utf-8")


def test_the_built_in_ones_come_by_the_same_door() -> None:
    assert {"win_back", "free_shipping"} <= load_tactics().keys()


def test_a_strangers_tactic_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "strange_tactic", worked_example_source())
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_tactics()["second_order"].title == "Second order"


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("twice", ('key="second_order"', 'key="win_back"'), "Two installed tactics have the key “win_back”"),
        ("wrong", ("TACTIC = Tactic(", "TACTIC = dict("), "is not a Tactic"),
        ("greedy", ("TriggerKind.INSIDE", "TriggerKind.HISTORY"), "no tactic may listen to history"),
    ],
)
def test_what_is_not_a_tactic_stops_the_start_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, change: tuple[str, str], said: str
) -> None:
    install(tmp_path, f"{name}_tactic", worked_example_source().replace(*change))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(SettingsError, match=said):
        load_tactics()
