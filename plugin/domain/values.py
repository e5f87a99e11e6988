"""Values that are made by the thousand: frozen to whoever reads and checks the code, plain when it runs.

A frozen dataclass of Python calls `object.__setattr__` for each field, which makes it seven times as slow to make as
one that is not.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as light_dataclass
else:
    from dataclasses import dataclass

    def light_dataclass(*, frozen: bool, slots: bool) -> Any:
        """As `dataclass`, and hashed by its fields, too; the type checker sees that nothing is assigned to them."""
        return dataclass(slots=slots, unsafe_hash=frozen)


__all__ = ["light_dataclass"]
