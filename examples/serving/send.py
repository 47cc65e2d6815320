"""A batch that sends one message to each user, as mail and push do: read the flag, send, log the exposure.

    python send.py letter --channel mail --flags app.flagd.json --store serving=serving.sqlite --log sent.jsonl < users

Who is in which arm is asked *at sending*, and the exposure is logged when the message has gone: a list of arms made the
night before would hold users who have left the test, and count users who were never sent anything.
"""

import argparse
import sys
from pathlib import Path

from exposures import expose
from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext
from pages import ranked
from rows import rows

parser = argparse.ArgumentParser()
parser.add_argument("flag")
parser.add_argument("--channel", choices=("mail", "push"), required=True)
parser.add_argument("--flags", required=True)
parser.add_argument("--store", action="append", required=True, metavar="NAME=FILE")
parser.add_argument("--log", type=Path, required=True)
args = parser.parse_args()

api.set_provider_and_wait(FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=args.flags))
stores = dict(store.split("=", 1) for store in args.store)
for user in map(str.strip, sys.stdin):
    found = api.get_client().get_object_details(args.flag, {}, EvaluationContext(user, {"channel": args.channel}))
    if not found.value.get("table"):
        continue  # not in the test: another batch is for these users
    items = ranked(rows(stores, found.value, found.flag_metadata["unit"], user, ("item_id", "score"))[0])[:3]
    if items:
        print(
            f"to {user}: {', '.join(map(str, items))}"
        )  # here the message goes; an error ends the batch before the log
        shown = [{"item": item, "ranker": "", "position": n} for n, item in enumerate(items, 1)]
        expose(args.log, user, found.flag_metadata, found.value, shown, channel=args.channel)
api.shutdown()
