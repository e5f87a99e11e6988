"""What is not documented does not exist: tactics, events, commands; and the worked example runs."""

import re
import types
from pathlib import Path
from typing import Any

import pytest

from plugin.cli import COMMANDS
from plugin.domain.churn import Rhythm
from plugin.domain.conditions import needs_lines, read_condition
from plugin.domain.fields import FIELDS, OPERATORS
from plugin.domain.library import library
from plugin.domain.stages import Limits
from plugin.domain.tactic import Tactic, describe_params
from plugin.extensions import load_tactics
from plugin.flow.campaign_file import read_yaml
from plugin.saleor.decode import DECODERS
from tests.bodies import order_body
from tests.flow.conftest import Home, home
from tests.shop import NOW, days, order

DOCS = Path(__file__).parents[1] / "docs"
__all__ = ["home"]


def said(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("tactic", load_tactics().values(), ids=lambda tactic: tactic.key)
def test_every_tactic_has_its_heading_and_its_parameters(tactic: Tactic[Any]) -> None:
    heading = f"## {tactic.title} (`{tactic.key}`)"
    assert heading in said("tactics.md")
    section = said("tactics.md").split(heading)[1].split("\n## ")[0]
    assert tactic.pitch in section
    assert [p["name"] for p in describe_params(tactic) if f"`{p['name']}`" not in section] == []


def test_every_tactic_has_its_test() -> None:
    tests = Path(__file__).parent / "tactics"
    assert [key for key in load_tactics() if not (tests / f"test_{key}.py").exists()] == []


def test_every_event_is_documented_and_no_other() -> None:
    rows = [line.split("|")[1] for line in said("events.md").splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == {*DECODERS, "shipping_list_methods_for_checkout"}


def test_every_command_is_documented() -> None:
    text = said("commands.md")
    assert [name for name in COMMANDS if f"`retention {name}" not in text] == []


def test_every_field_operator_and_ready_segment_is_documented() -> None:
    text = said("segments.md")
    assert [field.key for field in FIELDS.values() if f"| `{field.key}` | {field.kind} |" not in text] == []
    assert [field.help for field in FIELDS.values() if field.help not in text] == []
    assert [
        kind for kind, known in OPERATORS.items() if f"| {kind} | {', '.join(f'`{o}`' for o in known)} |" not in text
    ] == []
    assert [
        ready.name for ready in library(Limits(), Rhythm(), {}) if f"| `{ready.name}` | {ready.title} |" not in text
    ] == []


def test_the_condition_in_the_docs_is_read() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", said("segments.md"), re.DOTALL)
    assert needs_lines(read_condition(read_yaml(example)))


def worked_example_source() -> str:
    (source,) = re.findall(r"```python\n(.*?)```", said("tactics.md"), re.DOTALL)
    return str(source)


def worked_example() -> Tactic[Any]:
    module = types.ModuleType("second_order")
    exec(compile(worked_example_source(), "docs/tactics.md", "exec"), module.__dict__)  # noqa: S102 -- our own page
    tactic: Tactic[Any] = module.TACTIC
    return tactic


@pytest.mark.anyio
async def test_the_worked_example_gives_one_code_after_the_first_order(home: Home) -> None:
    tactic = worked_example()
    home.add_tactic(tactic)
    home.switch_on("second-order")
    user_id = next(user.id for user in home.sandbox.shop.users.values() if not user.is_staff)
    home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
    for passed in (20, 21, 22):
        home.now = NOW + days(passed)
        home.tick()
        await home.deliver()
        assert len(home.codes()) == (0 if passed < 21 else 1)
    assert "Thank you for your first order" in home.sandbox.shop.users[user_id].public_meta["retention.banner"]
