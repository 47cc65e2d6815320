"""Argo manifests: what Argo's own linter takes, how large they get, what they hold and what they must not."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.compile import argo
from bot.compile.argo.leaves import LOST
from bot.document.fields import Resources
from bot.experiment.model import Output
from bot.experiment.schedule import Schedule
from bot.ports import Read, Step, Work
from bot.settings import Manifests, Retry

IMAGE = "registry/reco@sha256:" + "1" * 64
OWN = "registry/sameday@sha256:" + "2" * 64
EVERYTHING = Manifests(
    image=OWN, webhook="alarm/address", secrets={"SERVING_DSN": "serving/dsn"}, service_account="runner",
    instance="mine", retry=Retry(limit=4), resources=Resources(cpu="2", memory="4Gi"),
)  # fmt: skip
OUTPUT = Output.model_validate(
    {"table": "main.a", "job": "infer", "columns": {"id": "INT64"}, "sync": {"store": "serving", "table": "a"}}
)


def work(**changes: Any) -> Work:
    """A run with everything."""
    steps = (
        Step(
            name="extract", argv=("sh", "-c", "python -m x"), image=IMAGE, timeout=3600, cpu="1", memory="2Gi",
            secrets={"API_KEY": "reco/api-key"}, nodes={"pool": "gpu"}, tolerates=("gpu",), service_account="reco",
            environment={"MODE": "daily"},
        ),
        Step(name="infer", argv=("python", "-m", "y"), dependencies=("extract",), image=IMAGE, timeout=60),
    )  # fmt: skip
    daily = Schedule(cron="0 4 * * *", timezone="Asia/Tokyo")
    reads = {"x": Read(table="a.b", address="a.b")}
    made = Work(
        experiment="demo", key="0badcafe", date=date(2026, 11, 23), steps=steps, inputs=reads,
        outputs={"scores": OUTPUT}, schedule=daily, labels={"commit": "a" * 40, "pull-request": "7", "actor": "ada"},
    )  # fmt: skip
    return made.model_copy(update=changes)


def leaf(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    """A template by its name, or by the name of a task that uses it."""
    templates = {template["name"]: template for template in manifest["spec"]["templates"]}
    graphs = [template["dag"]["tasks"] for template in templates.values() if "dag" in template]
    tasks = {task["name"]: task["template"] for graph in graphs for task in graph}
    found: dict[str, Any] = templates[tasks.get(name, name)]
    return found


def pod_templates(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """The templates that become pods."""
    return [one for one in spec["templates"] if "container" in one]


def test_a_graph_of_one_run() -> None:
    made = argo.template(work(), EVERYTHING)
    first, rest = leaf(made, "run")["dag"]["tasks"]
    assert first == {"name": "sameday-begin", "template": "sameday-begin"}
    tasks = {t["name"]: t.get("dependencies", []) for t in leaf(made, rest["template"])["dag"]["tasks"]}
    assert tasks == {
        "extract": [], "infer": ["extract"], "sameday-verify": ["infer"], "sameday-keep": ["sameday-verify"],
        "sameday-put": ["sameday-keep"],
    }  # fmt: skip


def test_the_rest_of_a_run_goes_only_where_there_is_something_to_make() -> None:
    """A date is made once, however often Argo starts it: the first task says so, and the others are skipped."""
    made = argo.template(work(), EVERYTHING)
    (given,) = leaf(made, "sameday-begin")["outputs"]["parameters"]
    assert leaf(made, "sameday-begin")["container"]["args"][-2:] == ["--go-to", given["valueFrom"]["path"]]
    for spec in (made["spec"], argo.template(many(), EVERYTHING)["spec"]):
        entry = next(template for template in spec["templates"] if template["name"] == "run")
        first, *parts = entry["dag"]["tasks"]
        assert all(one["when"] == "{{tasks.sameday-begin.outputs.parameters.go}} == yes" for one in parts)
        assert parts[0]["dependencies"] == [first["name"]]
        assert all(one["dependencies"] for one in parts)
    plain = argo.template(work(inputs={}, outputs={}), EVERYTHING)
    assert [task["name"] for task in leaf(plain, "run")["dag"]["tasks"]] == ["extract", "infer"]


def test_what_a_job_is_given() -> None:
    job = leaf(argo.template(work(), EVERYTHING), "extract")
    env = {one["name"]: one.get("value", one.get("valueFrom")) for one in job["container"]["env"]}
    assert env["API_KEY"] == {"secretKeyRef": {"name": "reco", "key": "api-key"}}
    assert env["MODE"] == "daily"
    assert job["container"]["resources"] == {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "2Gi"}}
    assert job["retryStrategy"] == {
        "limit": "4", "retryPolicy": "Always", "expression": LOST,
        "backoff": {"duration": "1s", "factor": "30", "cap": "900s"},
    }  # fmt: skip
    assert (job["serviceAccountName"], job["nodeSelector"]) == ("reco", {"pool": "gpu"})
    assert job["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert job["activeDeadlineSeconds"] == 3600


@pytest.mark.parametrize("task", ["begin", "verify", "keep", "put"])
def test_its_own_tasks_are_confined(task: str) -> None:
    container = leaf(argo.template(work(), EVERYTHING), f"sameday-{task}")["container"]
    assert (container["image"], container["command"], container["args"][:2]) == (OWN, ["sameday"], ["task", task])
    assert container["securityContext"] == {
        "runAsNonRoot": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    assert container["resources"]["limits"] == {"memory": "4Gi"}
    secret = {"secretKeyRef": {"name": "serving", "key": "dsn"}}
    assert container["env"] == [{"name": "SERVING_DSN", "valueFrom": secret}]


def test_no_job_runs_as_sameday() -> None:
    """Its account stands on its own tasks, the exit handler's too, and on nothing that a job could take it from."""
    spec = argo.template(work(), EVERYTHING)["spec"]
    pods = {one["name"]: one.get("serviceAccountName", spec["serviceAccountName"]) for one in pod_templates(spec)}
    own = {f"sameday-{task}": "runner" for task in ("begin", "verify", "keep", "put", "tell-webhook")}
    assert {name: account for name, account in pods.items() if name.startswith("sameday-")} == own
    assert sorted(account for name, account in pods.items() if name.startswith("job-")) == ["default", "reco"]
    started = [made["spec"] for made in argo.manifests(work(), EVERYTHING)[1:]]
    assert "runner" not in argo.text(started), "what starts the template has an account of its own"


def test_only_who_tells_knows_where_people_look() -> None:
    """Naming the place, or another one, registers no template anew where nothing is told."""
    page = "https://argo.example.com/workflows/experiments/"
    variables = leaf(argo.template(work(page=page), EVERYTHING), "sameday-tell-webhook")["container"]["env"]
    assert {"name": "SAMEDAY_PAGE", "value": page} in variables
    silent = EVERYTHING.model_copy(update={"webhook": None})
    assert argo.template(work(page=page), silent) == argo.template(work(), silent)


def test_no_pod_has_a_token_but_the_one_that_asks() -> None:
    """Argo's part of every pod has the executor's, which is mounted nowhere else."""
    plain = argo.template(work(), EVERYTHING)["spec"]
    assert plain["automountServiceAccountToken"] is False
    assert plain["executor"] == {"serviceAccountName": "sameday-executor"}
    assert not any("automountServiceAccountToken" in one for one in plain["templates"])
    first, second = work().steps
    asking = argo.template(work(steps=(first.model_copy(update={"token": True}), second)), EVERYTHING)
    given = [one for one in asking["spec"]["templates"] if one.get("automountServiceAccountToken")]
    assert given == [leaf(asking, "extract")]


def test_every_container_is_confined() -> None:
    spec = argo.template(work(), EVERYTHING)["spec"]
    strict = {
        "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    for one in pod_templates(spec):
        assert one["container"]["securityContext"].items() >= strict.items(), one["name"]
    first, second = work().steps
    kept = work(steps=(first.model_copy(update={"capabilities": ("CHOWN",)}), second))
    made = argo.template(kept, EVERYTHING)
    assert leaf(made, "extract")["container"]["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["CHOWN"]}
    assert leaf(made, "infer")["container"]["securityContext"] == strict


def test_jobs_that_are_granted_different_things_share_no_template() -> None:
    """Equal commands in equal images: what one repo asks for, the other's job does not get."""
    plain = Step(name="a", argv=("sh", "-c", "true"), image=IMAGE, timeout=60)
    for grant in ({"token": True}, {"capabilities": ("CHOWN",)}, {"service_account": "reco"}):
        steps = (plain, plain.model_copy(update={"name": "b", **grant}))
        made = argo.template(work(steps=steps, outputs={}), EVERYTHING)
        assert leaf(made, "a") != leaf(made, "b"), grant


def test_a_run_as_a_whole() -> None:
    spec = argo.template(work(), EVERYTHING)["spec"]
    assert spec["synchronization"] == {"mutexes": [{"name": "sameday-demo"}]}
    assert spec["podGC"] == {"strategy": "OnPodSuccess"}
    assert (spec["onExit"], spec["parallelism"]) == ("sameday-tell", 50)
    assert spec["ttlStrategy"]["secondsAfterSuccess"] < spec["ttlStrategy"]["secondsAfterFailure"]
    assert "onExit" not in argo.template(work(), Manifests(image=OWN))["spec"]


def test_every_object_traces_to_where_it_comes_from() -> None:
    for made in argo.manifests(work(), EVERYTHING):
        meta = made["metadata"]
        if made["kind"] == "CronWorkflow":  # what it starts does, and Argo writes its own metadata back
            meta = made["spec"]["workflowMetadata"]
        assert meta["labels"].items() >= {
            "app.kubernetes.io/managed-by": "sameday", "sameday/experiment": "demo", "sameday/commit": "a" * 40,
            "sameday/pull-request": "7", "workflows.argoproj.io/controller-instanceid": "mine",
        }.items()  # fmt: skip
        assert meta["annotations"]["sameday/actor"] == "ada"
    spec = argo.template(work(), EVERYTHING)["spec"]
    for inner in (spec["workflowMetadata"], spec["podMetadata"]):
        assert inner["labels"]["sameday/experiment"] == "demo"
        assert inner["annotations"]["sameday/commit"] == "a" * 40


def test_hostile_words_stay_words() -> None:
    said = work(labels={"actor": "{{=sprig.env('TOKEN')}}" + "x" * 9_000, "commit": "no label ✗", "path": ""})
    for made in argo.manifests(said, EVERYTHING):
        text = json.dumps(made)
        assert "{{=sprig.env" not in text
        assert "sameday/commit" not in made["metadata"]["labels"]
        assert "sameday/path" not in made["metadata"].get("annotations", {})
        assert len(made["metadata"].get("annotations", {}).get("sameday/actor", "")) < 600


@pytest.mark.parametrize("path", ["a/{{x}}.yaml", "a/{{{=1+1}}}.yaml", "a/{{{{x}}}}.yaml", "{" * 7 + "x" + "}" * 7])
def test_no_brace_stands_beside_another_in_a_trace(path: str) -> None:
    made = argo.template(work(labels={"path": path}), EVERYTHING)
    said = made["metadata"]["annotations"]["sameday/path"]
    assert "{{" not in said
    assert "}}" not in said
    assert said.replace(" ", "") == path
    assert not argo.foreign(argo.sent(made))


def test_no_variable_is_there_that_we_did_not_put_there() -> None:
    on = argo.schedule(work(), EVERYTHING, on=True)
    assert not any(argo.foreign(argo.sent(one)) for one in [*argo.manifests(work(), EVERYTHING), on])
    for command in ("echo {{workflow.uid}}", "echo {{=workflow.name}}", "echo {{ inputs.parameters.command }}"):
        steps = (Step(name="a", argv=("sh", "-c", command), image=IMAGE, timeout=60),)
        assert argo.foreign(argo.sent(argo.template(work(steps=steps), EVERYTHING)))


def test_the_template_is_of_any_date_attempt_and_commit() -> None:
    changes: list[dict[str, Any]] = [
        {}, {"date": date(2027, 1, 1)}, {"attempt": 3}, {"labels": {}}, {"labels": {"commit": "b" * 40}},
    ]  # fmt: skip
    digests = {argo.template(work(**change), EVERYTHING)["metadata"]["annotations"][argo.SPEC] for change in changes}
    assert len(digests) == 1
    other = argo.template(work(), EVERYTHING.model_copy(update={"parallelism": 3}))
    assert other["metadata"]["annotations"][argo.SPEC] not in digests


def test_the_schedule_begins_when_the_first_runs_day_is_over() -> None:
    assert "when" not in argo.schedule(work(), EVERYTHING)["spec"]
    on = argo.schedule(work(), EVERYTHING, on=True)["spec"]
    day = ".In(timezone('Asia/Tokyo')).Format('20060102')"
    assert (on["suspend"], on["when"]) == (
        False,
        "{{= now().Unix() >= 1795446000 && (cronworkflow.lastScheduledTime == nil || "  # 2026-11-24 00:00 in Tokyo
        f"now(){day} > (now() - (now() - cronworkflow.lastScheduledTime)){day}) }}}}",
    )
    first = argo.first_run(work(), EVERYTHING)["metadata"]["annotations"]
    assert first[argo.SCHEDULED] == "2026-11-23T03:00:00Z"


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("America/Toronto", date(1919, 3, 30), "1919-03-31T04:30:00+00:00"),  # 23:30 was followed by 00:30
        ("America/Havana", date(2026, 3, 7), "2026-03-08T05:00:00+00:00"),  # 00:00 is followed by 01:00
        ("Pacific/Apia", date(2011, 12, 29), "2011-12-30T10:00:00+00:00"),  # the 30th was left out
        ("America/New_York", date(2026, 10, 31), "2026-11-01T04:00:00+00:00"),
    ],
)
def test_the_day_after_begins_when_the_clock_shows_it(zone: str, day: date, begins: str) -> None:
    daily = work(schedule=Schedule(cron="0 4 * * *", timezone=zone), date=day)
    moment = int(datetime.fromisoformat(begins).timestamp())
    assert f"now().Unix() >= {moment} " in argo.schedule(daily, EVERYTHING, on=True)["spec"]["when"]


def many() -> Work:
    """A run of 2,000 jobs, a tree."""
    steps = tuple(
        Step(
            name=f"shard-{n}", argv=("sh", "-c", f"python -m reco.extract --shard {n} --of 2000"), image=IMAGE,
            dependencies=(f"shard-{n // 2}",) if n else (), timeout=3600,
        )
        for n in range(2_000)
    )  # fmt: skip
    return work(steps=steps)


def test_two_thousand_jobs_fit() -> None:
    made = argo.template(many(), EVERYTHING)
    assert len(argo.sent(made)) < argo.MAX_BYTES
    templates = made["spec"]["templates"]
    assert sum("job-" in template["name"] for template in templates) == 1
    assert len(templates) <= argo.MOST
    assert all(len(template["dag"]["tasks"]) <= argo.MOST for template in templates if "dag" in template)


def test_values_are_text_in_go_too() -> None:
    steps = (Step(name="a", argv=("python", "-m", "y", "N", "on", "1e3", "1.5E3", "0o7"), image=IMAGE, timeout=60),)
    text = argo.text([argo.template(work(steps=steps), EVERYTHING)])
    for word in ("y", "N", "on", "1e3", "1.5E3", "0o7"):
        assert f"- '{word}'\n" in text, word
    assert leaf(yaml.safe_load(text), "a")["container"]["args"] == ["-m", "y", "N", "on", "1e3", "1.5E3", "0o7"]


@pytest.mark.slow
@pytest.mark.parametrize("options", [EVERYTHING, Manifests(image=OWN)], ids=["everything", "plain"])
def test_argos_own_linter_takes_it(options: Manifests, tmp_path: Path) -> None:
    linter = Path(os.environ.get("SAMEDAY_BIN", "~/.cache/sameday/bin"), "argo").expanduser()
    if not linter.exists():
        pytest.skip("Argo's CLI is not there: bash .ci/argo")
    plain = work(schedule=None, inputs={}, outputs={}, experiment="plain")
    made = [*argo.manifests(work(), options), *argo.manifests(plain, options)]
    made.append(argo.schedule(work(), options, on=True))
    made[-1]["metadata"]["name"] = "demo-on"
    made.append(argo.template(many().model_copy(update={"experiment": "many"}), options))
    (tmp_path / "all.yaml").write_text(argo.text(made))
    done = subprocess.run(
        [str(linter), "lint", "--offline", str(tmp_path / "all.yaml")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
