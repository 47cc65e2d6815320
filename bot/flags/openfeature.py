"""The client that applications read flags with: the real OpenFeature SDK over flagd's in-process evaluator."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.errors import Refused
from bot.flags import bulk
from bot.flags.document import document
from bot.ports import Flag

DEADLINE = 5_000  # milliseconds until the provider has read the file
GOLDEN = 250  # ids of a large sample that the client itself evaluates; the rest follows if it agrees on these


class OpenFeature:
    """Evaluates a flag as an application would."""

    def variants(self, name: str, flag: Flag, contexts: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        """The variant each context gets; `targetingKey` is the context's id.

        The client takes its time. Of many contexts that differ in their ids alone it evaluates the first ones; where
        `bot.flags.bulk` gives the same for all of these, it gives the others.
        """
        first = self._asked(name, flag, contexts[:GOLDEN])
        if len(contexts) <= GOLDEN:
            return first
        keys = [str(context.get(bulk.KEY) or "") for context in contexts]
        form = _form(name, flag, contexts)
        try:
            if form is not None and bulk.agree(form, keys[:GOLDEN], first):
                return [form(key) for key in keys]
        except bulk.UnknownOperator:
            pass
        return [*first, *self._asked(name, flag, contexts[GOLDEN:])]

    def _asked(self, name: str, flag: Flag, contexts: Sequence[Mapping[str, Any]]) -> list[str]:
        from openfeature import api
        from openfeature.contrib.provider.flagd import FlagdProvider
        from openfeature.contrib.provider.flagd.config import ResolverType
        from openfeature.evaluation_context import EvaluationContext
        from openfeature.exception import OpenFeatureError

        logging.getLogger("openfeature").setLevel(logging.CRITICAL)
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "flags.json"
            place.write_text(document({name: flag}), encoding="utf-8")
            provider = FlagdProvider(
                resolver_type=ResolverType.FILE, offline_flag_source_path=str(place), deadline_ms=DEADLINE
            )
            try:
                api.set_provider_and_wait(provider, domain=folder)
                client = api.get_client(domain=folder)
                found = []
                for context in contexts:
                    attributes = {key: value for key, value in context.items() if key != "targetingKey"}
                    details = client.get_object_details(
                        name, {}, EvaluationContext(context.get("targetingKey"), attributes)
                    )
                    if details.error_code is not None:
                        raise Refused(f"the flag client answers {details.error_code}: {details.error_message}")
                    found.append(details.variant or "")
                return found
            except OpenFeatureError as error:
                reason = str(error) or "it says no more, as for an unknown key"
                raise Refused(f"the flag client does not take the flag: {reason}") from None
            finally:
                provider.shutdown()


def _form(name: str, flag: Flag, contexts: Sequence[Mapping[str, Any]]) -> bulk.Value | None:
    """The flag's targeting for contexts that differ in their ids alone, or None."""
    from json_logic import jsonLogic
    from openfeature.contrib.tools.flagd.core.targeting.targeting import OPERATORS

    shared = {key: value for key, value in contexts[0].items() if key != bulk.KEY}
    same = all(len(one) == len(shared) + 1 and shared.items() <= one.items() for one in contexts)
    if not same or not all(isinstance(one.get(bulk.KEY), str) and one[bulk.KEY] for one in contexts):
        return None
    # The moment stands still for all of them, as it does for one evaluation.
    whole = {**shared, "$flagd": {"flagKey": name, "timestamp": int(time.time())}}
    try:
        return bulk.form(flag["targeting"], whole, lambda part, context: jsonLogic(part, dict(context), OPERATORS))
    except bulk.UnknownOperator:
        return None
