"""What compiled Argo manifests say beyond the experiment: the platform team's part of every run."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from bot.document import faults
from bot.document.fields import Duration, Name, Part, Resources

Variable = Annotated[str, Field(pattern=faults.VARIABLE)]
Secret = Annotated[str, Field(pattern=faults.PLACE, max_length=300)]
Secrets = dict[Variable, Secret]


class Retry(Part):
    """How often a pod is tried again, and when; each try has the job's whole timeout."""

    limit: int = Field(2, ge=0, le=20, description="How many times, after the first, as in `2`.")
    after: Literal["loss", "failure"] = Field(
        "loss",
        description="`loss`: the pod was evicted or deleted, its node was lost, or Argo's part of it failed; a job "
        "that fails by itself is not tried again. `failure`: after any failure.",
    )
    wait: Duration = Field(
        timedelta(seconds=30),
        description="Before the second try again, as in `10s`, and as many times longer before each further one. The "
        "first follows after a second: Argo waits before it tells a failure, too, even one that it does not try "
        "again.",
    )
    most: Duration = Field(timedelta(minutes=15), description="The longest wait between two tries, as in `5m`.")


class Manifests(Part):
    """What compiled Argo manifests say beyond the experiment."""

    namespace: Name = Field("experiments", description="The Kubernetes namespace of runs and schedules, as in `reco`.")
    instance: str | None = Field(None, description="The controller's instance id, where it has one, as in `batch`.")
    image: str | None = Field(
        None, description="sameday's own image, for the last tasks of a run, by digest: `registry/sameday@sha256:...`."
    )
    service_account: Name = Field(
        "sameday-run", description="Whom sameday's own tasks run as, as in `sameday-run`; no job may."
    )
    executor: Name = Field(
        "sameday-executor",
        description="The account by which Argo's part of every pod reports to the cluster. Its token, which Argo "
        "looks for in the Secret `<executor>.service-account-token`, is out of the jobs' reach.",
    )
    secrets: Secrets = Field(
        default_factory=dict,
        description="For sameday's own tasks: variable, and where its value is, as in `SERVING_DSN: serving/dsn` "
        "(the Secret `serving`, its key `dsn`).",
    )
    resources: Resources = Field(
        default_factory=lambda: Resources(cpu="500m", memory="1Gi"),
        description="What each of its own tasks gets.",
    )
    most: Resources = Field(default_factory=Resources, description="The most that a job may ask for; absent: anything.")
    parallelism: int = Field(50, ge=1, description="How many pods of one run there are at once, as in `10`.")
    retry: Retry = Field(default_factory=Retry, description="How often a pod is tried again.")
    timeout: Duration = Field(timedelta(days=7), description="A whole run is stopped after this long, as in `24h`.")
    pods: Literal["OnPodSuccess", "OnPodCompletion", "OnWorkflowSuccess", "OnWorkflowCompletion"] = Field(
        "OnPodSuccess", description="When pods go; `OnPodSuccess` keeps the logs of those that failed."
    )
    succeeded: Duration = Field(
        timedelta(days=7), description="How long a run that succeeded can be looked at, as in `1d`."
    )
    failed: Duration = Field(timedelta(days=14), description="How long a run that failed can be looked at, as in `7d`.")
    webhook: Secret | None = Field(
        None,
        description="The Secret and its key, as in `alerts/webhook`, with the address to which the failure of a "
        "scheduled run is sent.",
    )
