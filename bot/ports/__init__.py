"""What sameday needs of the world, in the words of its callers; adapters implement these."""

from bot.ports.engine import (
    HEADING,
    About,
    Engine,
    Node,
    NodeState,
    Objection,
    ObjectionKind,
    Read,
    Run,
    RunState,
    Scheduled,
    Step,
    Task,
    Work,
    made_by,
    made_for,
    run_name,
)
from bot.ports.flags import Evaluator, Flag, Flags
from bot.ports.ledger import PATIENCE, STEPS, Built, Change, Entry, EntryState, Item, Ledger, StepName, Trial
from bot.ports.places import ASIDE, Place, Places, Version, place_name
from bot.ports.store import Digest, Store, StorePlan
from bot.ports.warehouse import Absent, Batches, Dataset, Denied, Naming, Profile, Table, Warehouse

__all__ = [
    "ASIDE", "HEADING", "PATIENCE", "STEPS", "About", "Absent", "Batches", "Built", "Change", "Dataset", "Denied",
    "Digest", "Engine", "Entry", "EntryState", "Evaluator", "Flag", "Flags", "Item", "Ledger", "Naming", "Node",
    "NodeState", "Objection", "ObjectionKind", "Place", "Places", "Profile", "Read", "Run", "RunState", "Scheduled",
    "Step", "StepName", "Store", "StorePlan", "Table", "Task", "Trial", "Version", "Warehouse", "Work", "made_by",
    "made_for",
    "place_name", "run_name",
]  # fmt: skip
