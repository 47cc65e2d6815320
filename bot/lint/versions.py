"""What differs between the versions of Argo that are supported, 3.6 to 4.1: fields that came and went.

Rules differ in two places only: before 4.0 Argo does not look whether a time zone is known, and lets no exit handler
name an output that a variable names. Neither ever worked, so that both are held to 4.0's rule.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSIONS = ("3.6", "3.7", "4.0", "4.1")


@dataclass(frozen=True, slots=True)
class Change:
    """A field that not every version has: from `since`, before `until`; `type` is written as hera's models write it."""

    model: str
    key: str
    type: str
    since: str = ""
    until: str = ""
    instead: str = ""

    def has(self, version: str) -> bool:
        """Whether this version of Argo knows the field."""
        return version >= self.since and (not self.until or version < self.until)

    @property
    def said(self) -> str:
        """Which versions know it."""
        return f"since Argo {self.since}" if self.since else f"before Argo {self.until}"


CHANGES = (
    Change("CronWorkflowSpec", "schedule", "str", until="4.0", instead="schedules"),
    Change("Synchronization", "mutex", "Mutex", until="4.0", instead="mutexes"),
    Change("Synchronization", "semaphore", "SemaphoreRef", until="4.0", instead="semaphores"),
    Change("Template", "priority", "int", until="3.7", instead="podPriorityClassName"),
    Change("WorkflowSpec", "podPriority", "int", until="3.7", instead="podPriorityClassName"),
    Change("Mutex", "database", "bool", since="3.7"),
    Change("SemaphoreRef", "database", "Any", since="3.7"),
    Change("Template", "annotations", "dict[str, str]", since="3.7"),
    Change("Artifact", "plugin", "Any", since="4.0"),
    Change("ArtifactLocation", "plugin", "Any", since="4.0"),
    Change("ArtifactPaths", "plugin", "Any", since="4.0"),
    Change("Container", "restartPolicyRules", "list[Any]", since="4.1"),
    Change("ContainerNode", "restartPolicyRules", "list[Any]", since="4.1"),
    Change("EnvVarSource", "fileKeyRef", "Any", since="4.1"),
    Change("HTTPArtifact", "saveStreamViaFile", "bool", since="4.1"),
    Change("S3Artifact", "addressingStyle", "str", since="4.1"),
    Change("ScriptTemplate", "restartPolicyRules", "list[Any]", since="4.1"),
    Change("Template", "pendingTimeout", "str", since="4.1"),
    Change("Template", "podResources", "v1.ResourceRequirements", since="4.1"),
    Change("Template", "resourceClaims", "list[Any]", since="4.1"),
    Change("UserContainer", "restartPolicyRules", "list[Any]", since="4.1"),
    Change("VolumeProjection", "podCertificate", "Any", since="4.1"),
    Change("WorkflowSpec", "executorPlugins", "list[Any]", since="4.1"),
    Change("WorkflowSpec", "podResources", "v1.ResourceRequirements", since="4.1"),
    Change("WorkflowSpec", "resourceClaims", "list[Any]", since="4.1"),
)
