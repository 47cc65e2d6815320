"""What the engine asks of a cluster: as whoever releases, as whoever checks, and as Argo's part of a pod."""

from __future__ import annotations

from bot.cluster.rights import Right

RELEASE = (
    Right("get", "Workflow", "find a run by its name"),
    Right("list", "Workflow", "follow runs, end superfluous ones, show the latest"),
    Right("watch", "Workflow", "hear of a run's changes"),
    Right("create", "Workflow", "start a run"),
    Right("patch", "Workflow", "end a run that a release makes superfluous, or a person stops"),
    Right("delete", "Workflow", "start a run anew that was ended"),
    Right("get", "WorkflowTemplate", "know whether a template is there, and how runs ended that Argo has deleted"),
    Right("create", "WorkflowTemplate", "register the template of a release's runs"),
    Right("patch", "WorkflowTemplate", "change a template, and note how its runs ended"),
    Right("get", "CronWorkflow", "know what a schedule starts, and whether it can"),
    Right("create", "CronWorkflow", "make a schedule"),
    Right("patch", "CronWorkflow", "point a schedule at a template, suspend it, take one over or give it back"),
    Right("list", "Pod", "tell a run's jobs where Argo keeps its status elsewhere"),
    Right("get", "Pod", "show the end of a job's log", "log"),
)
CHECK = (
    Right("create", "Workflow", "try out the first run"),
    Right("create", "WorkflowTemplate", "try out the template"),
    Right("patch", "WorkflowTemplate", "try out the template"),
    Right("get", "CronWorkflow", "find a schedule that sameday did not make"),
    Right("create", "CronWorkflow", "try out the schedule"),
    Right("patch", "CronWorkflow", "try out the schedule"),
    Right("create", "Pod", "try out a pod of each shape, before quotas and admission"),
    Right("get", "ServiceAccount", "look whether the accounts of the jobs are there"),
    Right("create", "LocalSubjectAccessReview", "ask whether Argo's part of a pod may report"),
)
LOOK = (
    Right("get", "Namespace", "look whether the namespace is there"),
    Right("get", "CustomResourceDefinition", "look which version of Argo is installed, and how much of its schema"),
)
"""What of the whole cluster a check looks at; it does without, and then says less."""
EXECUTOR = (
    Right("create", "WorkflowTaskResult", "report what a pod did"),
    Right("patch", "WorkflowTaskResult", "report what a pod did, the second time"),
)
