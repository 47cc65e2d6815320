"""How the supported versions of Argo, 3.6 to 4.1, differ: fields that came and went.

Rules differ in two places only. Before 4.0 Argo accepts an unknown time zone, and rejects an exit handler that uses an
output whose name comes from a variable. Neither worked, so we apply the rule of 4.0 to every version.
"""

from __future__ import annotations

from dataclasses import dataclass

VERSIONS = ("3.6", "3.7", "4.0", "4.1")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that Argo has from version `since` on, or before `until`; `type` is spelt as in hera's models."""

    model: str
    key: str
    type: str
    since: str = ""
    until: str = ""
    instead: str = ""

    def has(self, version: str) -> bool:
        """Whether this version of Argo has the field."""
        return version >= self.since and (not self.until or version < self.until)

    @property
    def when(self) -> str:
        """The versions that have it, in words."""
        return f"since Argo {self.since}" if self.since else f"before Argo {self.until}"


CHANGES = (
    FieldChange("CronWorkflowSpec", "schedule", "str", until="4.0", instead="schedules"),
    FieldChange("Synchronization", "mutex", "Mutex", until="4.0", instead="mutexes"),
    FieldChange("Synchronization", "semaphore", "SemaphoreRef", until="4.0", instead="semaphores"),
    FieldChange("Template", "priority", "int", until="3.7", instead="podPriorityClassName"),
    FieldChange("WorkflowSpec", "podPriority", "int", until="3.7", instead="podPriorityClassName"),
    FieldChange("Mutex", "database", "bool", since="3.7"),
    FieldChange("SemaphoreRef", "database", "Any", since="3.7"),
    FieldChange("Template", "annotations", "dict[str, str]", since="3.7"),
    FieldChange("Artifact", "plugin", "Any", since="4.0"),
    FieldChange("ArtifactLocation", "plugin", "Any", since="4.0"),
    FieldChange("ArtifactPaths", "plugin", "Any", since="4.0"),
    FieldChange("Container", "restartPolicyRules", "list[Any]", since="4.1"),
    FieldChange("ContainerNode", "restartPolicyRules", "list[Any]", since="4.1"),
    FieldChange("EnvVarSource", "fileKeyRef", "Any", since="4.1"),
    FieldChange("HTTPArtifact", "saveStreamViaFile", "bool", since="4.1"),
    FieldChange("S3Artifact", "addressingStyle", "str", since="4.1"),
    FieldChange("ScriptTemplate", "restartPolicyRules", "list[Any]", since="4.1"),
    FieldChange("Template", "pendingTimeout", "str", since="4.1"),
    FieldChange("Template", "podResources", "v1.ResourceRequirements", since="4.1"),
    FieldChange("Template", "resourceClaims", "list[Any]", since="4.1"),
    FieldChange("UserContainer", "restartPolicyRules", "list[Any]", since="4.1"),
    FieldChange("VolumeProjection", "podCertificate", "Any", since="4.1"),
    FieldChange("WorkflowSpec", "executorPlugins", "list[Any]", since="4.1"),
    FieldChange("WorkflowSpec", "podResources", "v1.ResourceRequirements", since="4.1"),
    FieldChange("WorkflowSpec", "resourceClaims", "list[Any]", since="4.1"),
)
