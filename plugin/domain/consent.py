"""What customers have said about being written to and being measured, in their account's metadata.

A shopper writes their own account's metadata, so a no always counts and harms nobody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

#: Do not market to me.
OPT_OUT = "retention.opt_out"
#: Do not measure me: nothing that a score or a segment says may decide for me.
NO_PROFILING = "retention.no_profiling"
#: What the official storefront asks at the checkout.
PAPER_OPT_IN = "paper.marketing_opt_in"

YES, NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True, slots=True)
class Consent:
    opted_out: bool = False
    objects: bool = False


def consent_of(metadata: Mapping[str, str]) -> Consent:
    """What is not said is no objection; one no outweighs every yes."""
    said = {key: value.strip().casefold() for key, value in metadata.items()}
    opted_out = said.get(OPT_OUT) in YES or said.get(PAPER_OPT_IN) in NO
    return Consent(opted_out, said.get(NO_PROFILING) in YES)
