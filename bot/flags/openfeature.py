"""The client that applications read flags with: the real OpenFeature SDK over flagd's in-process evaluator."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.errors import Refused
from bot.flags.document import document
from bot.ports import Flag

DEADLINE = 5_000  # milliseconds until the provider has read the file


class OpenFeature:
    """Evaluates a flag as an application would."""

    def variants(self, name: str, flag: Flag, contexts: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        """The variant each context gets; `targetingKey` is the context's id."""
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
