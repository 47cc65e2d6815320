"""What Argo's controller and a kubelet do, as far as sameday's workflows need it: tasks are processes of this machine.

It talks to a real API server, so that waiting, failing, resuming, scheduled runs and logs are seen as on a cluster.
"""

from tests.far.controller.controller import Controller

__all__ = ["Controller"]
