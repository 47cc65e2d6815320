"""Which kinds of objects are asked for, and where the API server keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Object = dict[str, Any]
ARGO = "argoproj.io"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind's group, version and plural; `namespaced` unless it belongs to the whole cluster."""

    group: str
    version: str
    plural: str
    namespaced: bool = True

    @property
    def api(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str, name: str = "", below: str = "") -> str:
        """The path of all its objects, of one, or of what is `below` that one."""
        words = ["apis", self.group, self.version] if self.group else ["api", self.version]
        words += ["namespaces", namespace] if self.namespaced else []
        words += [self.plural, name, below]
        return "/" + "/".join(quote(word, safe="") for word in words if word)


KINDS = {
    "ClusterWorkflowTemplate": Kind(ARGO, "v1alpha1", "clusterworkflowtemplates", namespaced=False),
    "ConfigMap": Kind("", "v1", "configmaps"),
    "CronWorkflow": Kind(ARGO, "v1alpha1", "cronworkflows"),
    "CustomResourceDefinition": Kind("apiextensions.k8s.io", "v1", "customresourcedefinitions", namespaced=False),
    "Lease": Kind("coordination.k8s.io", "v1", "leases"),
    "LocalSubjectAccessReview": Kind("authorization.k8s.io", "v1", "localsubjectaccessreviews"),
    "Namespace": Kind("", "v1", "namespaces", namespaced=False),
    "PersistentVolumeClaim": Kind("", "v1", "persistentvolumeclaims"),
    "Pod": Kind("", "v1", "pods"),
    "Secret": Kind("", "v1", "secrets"),
    "SelfSubjectAccessReview": Kind("authorization.k8s.io", "v1", "selfsubjectaccessreviews", namespaced=False),
    "ServiceAccount": Kind("", "v1", "serviceaccounts"),
    "Workflow": Kind(ARGO, "v1alpha1", "workflows"),
    "WorkflowTaskResult": Kind(ARGO, "v1alpha1", "workflowtaskresults"),
    "WorkflowTemplate": Kind(ARGO, "v1alpha1", "workflowtemplates"),
}
