# SPDX-License-Identifier: GPL-2.0-or-later
"""Which jobs a transcript names: their status changes are the drift sensor.

A job is named by the command that starts it (``job-id``, also inside a transaction),
by a command that acts on it, or by an event that the author wrote.
"""

from collections.abc import Iterator, Mapping

from blockdoc.transcript import Json, strings_of

__all__ = ["STATUS_CHANGE", "jobs_of_command", "status_of"]

#: How the names of commands begin that act on a job, and the arguments that may name it.
VERBS = ("job-", "block-job-")
NAMED_BY = ("id", "device")
#: The event that tells of a job's new status.
STATUS_CHANGE = "JOB_STATUS_CHANGE"


def jobs_of_command(message: Mapping[str, Json]) -> Iterator[str]:
    """Yield the ids of the jobs that `message` names."""
    arguments = message.get("arguments")
    yield from strings_of(arguments, "job-id")
    name = message.get("execute")
    if isinstance(name, str) and name.startswith(VERBS) and isinstance(arguments, dict):
        named = (arguments.get(argument) for argument in NAMED_BY)
        yield from (value for value in named if isinstance(value, str))


def status_of(event: Mapping[str, Json]) -> tuple[str, str] | None:
    """Return the job and its new status, if `event` is a status change."""
    data = event.get("data")
    if event.get("event") != STATUS_CHANGE or not isinstance(data, dict):
        return None
    return str(data.get("id")), str(data.get("status"))
