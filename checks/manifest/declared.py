"""The jobs as the file declares them: options, resources, images, commands, and the repos that they may use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.check import Context, Experiment, Problem, Route, Unproven
from bot.compile import repos
from bot.document.nearest import nearest
from bot.document.quantity import above
from bot.settings import DEFAULT_REPO


def check(experiment: Experiment, context: Context) -> Iterator[Problem | Unproven]:
    """Problems of each job, whatever it compiles to."""
    yield from _options(experiment, context)
    yield from _amounts(experiment, context)
    yield from _images(experiment, context)
    for i, job in enumerate(experiment.spec.jobs):
        if any("{{" in word for word in job.argv):
            route: Route = ("jobs", i, "commands" if job.commands else "command")
            message = f"the command of '{job.name}' holds '{{{{', which Argo reads as a variable"
            yield Problem("template-text", route, message, "put the text into a file of the image")


def _options(experiment: Experiment, context: Context) -> Iterator[Problem]:
    places: list[tuple[Route, Mapping[str, str]]] = [(("option",), experiment.spec.option)]
    places += [(("jobs", i, "option"), job.option) for i, job in enumerate(experiment.spec.jobs)]
    for route, options in places:
        for key, value in options.items():
            allowed = context.settings.options.get(key)
            if allowed is not None and value not in allowed:
                close = nearest(value, allowed)
                hint = f"did you mean '{close}'?" if close else f"allowed: {', '.join(allowed[:10])}"
                message = f"the option {key} is '{value}', which the settings do not allow"
                yield Problem("option", (*route, key), message, hint, replace=close)


def _amounts(experiment: Experiment, context: Context) -> Iterator[Problem]:
    for i, job in enumerate(experiment.spec.jobs):
        for key, asked, allowed in above(job.resources, context.settings.manifests.most):
            message = f"the job '{job.name}' asks for {key} {asked}; the settings allow at most {allowed}"
            yield Problem("option", ("jobs", i, "resources", key), message)


def _images(experiment: Experiment, context: Context) -> Iterator[Problem | Unproven]:
    local = context.settings.engine is None or context.settings.engine.place is not None
    first: dict[str, int] = {}
    for i, job in enumerate(experiment.spec.jobs):
        first.setdefault(job.option.get("repo", DEFAULT_REPO), i)
    for repo, i in first.items():
        image = context.settings.repo(repo).image
        if image is not None and "@" not in image and not local:
            yield _tagged(repo, image, i)
        if image is not None:
            continue
        message = f"the settings name no image for `repo: {repo}`"
        if local:
            yield Unproven(f"{message}; the local engine needs none")
        else:
            route: Route = ("jobs", i, "option", "repo")
            yield Problem("image", route, message, f"add `repos: {{{repo}: {{image: …}}}}` to the settings")


def _tagged(repo: str, image: str, i: int) -> Problem:
    message = f"the image of `repo: {repo}` is {image} in the settings, which may be another one tomorrow"
    name = image.rpartition("/")[2].partition(":")[0]
    hint = f"name it by its digest, as in `registry/{name}@sha256:...`, or let the build hand it over (`images`)"
    return Problem("image-tag", ("jobs", i, "option", "repo"), message, hint)


def refused(experiment: Experiment, context: Context) -> Iterator[Problem]:
    """Jobs that no release would run, so we do not compile them either."""
    for i, why in repos.refused(experiment, context.settings):
        repo = experiment.spec.jobs[i].option.get("repo") or DEFAULT_REPO
        globs = ", ".join(context.settings.repo(repo).experiments or ()) or "none"
        hint = f"it is for {globs} (`repos.{repo}.experiments` in the settings)"
        yield Problem("repo", ("jobs", i, "option", "repo"), why, hint)
