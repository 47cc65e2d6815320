"""The template that a step, a task or an entrypoint names: in its own object, in another one, or inline."""

from __future__ import annotations

from collections.abc import Mapping

from bot.document.nearest import nearest
from bot.finding import Problem
from bot.lint.parts.arguments import CallSite
from bot.lint.parts.template import WORK, Base, Template
from bot.lint.text.values import Data, at, text
from bot.lint.text.variables import MARK, fill, left
from bot.lint.walk.walk_state import Callee, Unresolved, WalkState

GIVE = "give its file with `--with FILE`"


def find(state: WalkState, holder: Data, site: CallSite, base: Base, put: Mapping[str, str]) -> Callee:
    """The template that the holder calls, with `put` put in for its variables; problems of the call are noted."""
    manifest, route = site
    name = fill(text(holder, "template"), put)
    ref, inline = holder.get("templateRef"), holder.get("inline")
    if type(ref) is dict:
        return _referred(state, ref, (manifest, at(route, "templateRef")), name, put)
    if name and name not in base.templates:
        close = nearest(name, base.templates)
        hint = f"did you mean '{close}'?" if close else ""
        message = f"there is no template '{text(holder, 'template')}'"
        state.add(manifest, (Problem("unknown-template", at(route, "template"), message, hint, replace=close),))
        return None
    if type(inline) is dict:
        return _typed(state, Template(inline, at(route, "inline"), base, put))
    if not name:
        hint = "add `template:`, `templateRef:` or `inline:`"
        state.say(manifest, "template-ref", route, "this names no template", hint)
        return None
    return _typed(state, base.templates[name])


def reference(state: WalkState, name: str, site: CallSite, *, cluster: bool) -> Base | None:
    """The object of that name, which holds templates; a missing one is noted as unresolved."""
    base = state.references.find(name, state.namespace, cluster=cluster)
    if base is None:
        kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
        if name.startswith(MARK):
            message, hint = f"a variable names the {kind}, so it was not checked", ""
        elif others := sorted(filter(None, state.references.namespaced.get(name, {}) if not cluster else ())):
            message = f"the {kind} '{name}' is in the namespace {others[0]}, and references stay within one"
            hint = f"this object is of the namespace {state.namespace}"
        else:
            message, hint = f"the {kind} '{name}' is in none of the files, so it was not checked", GIVE
        state.say(site[0], "unresolved", site[1], message, hint)
    return base


def _referred(state: WalkState, ref: Data, site: CallSite, name: str, put: Mapping[str, str]) -> Callee:
    manifest, route = site
    if name:
        state.say(manifest, "template-ref", route, "there are both `template` and `templateRef`", "keep one of them")
        return None
    for key in ("name", "template"):
        if not text(ref, key):
            state.say(manifest, "template-ref", route, f"the reference has no `{key}`", f"add `{key}:`")
            return None
    owner, template = (fill(text(ref, key), put) for key in ("name", "template"))
    if left(owner) or left(template):
        return Unresolved()
    base = reference(state, owner, (manifest, at(route, "name")), cluster=ref.get("clusterScope") is True)
    if base is None:
        return Unresolved(given=False)
    if template in base.templates:
        return _typed(state, base.templates[template])
    if MARK not in template:
        close = nearest(template, base.templates)
        hint = f"did you mean '{close}'?" if close else f"it has {', '.join(list(base.templates)[:8])}"
        message = f"'{base.manifest.name}' has no template '{template}'"
        state.add(manifest, (Problem("unknown-template", at(route, "template"), message, hint, replace=close),))
    return Unresolved()


def _typed(state: WalkState, template: Template) -> Template | None:
    """The template, if it has exactly one type."""
    if len(template.types) == 1:
        return template
    what = f"has several types: {', '.join(template.types)}" if template.types else "has no type"
    hint = f"it needs one of {', '.join(sorted(WORK | {'dag', 'steps', 'suspend'}))}"
    state.say(template.manifest, "template-type", template.route, f"{template.shown} {what}", hint)
    return None
