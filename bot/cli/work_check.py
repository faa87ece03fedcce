"""What is still to be done for the index, and who is at it."""

from __future__ import annotations

from datetime import timedelta

from bot.cli.health_examination import Finding, Patient
from index.store.shared_work import Worker
from index.store.work_state import WorkState


def work_finding(patient: Patient) -> Finding:
    """Say what waits to be read and embedded, who works, and whether it goes on."""
    return work_told(patient.library.work())


def work_told(found: WorkState) -> Finding:
    """Return what is told of work that waits, and a problem where it does not go on."""
    detail = "; ".join([_waiting(found), *_workers(found)])
    if found.is_stalled:
        advice = (
            "Run `quoth sync`; if passages wait after it, it says why (see the embeddings above)."
        )
        return Finding("problem", detail, advice)
    return Finding("ok", detail)


def _waiting(found: WorkState) -> str:
    parts = []
    if found.documents or found.queue.queued:
        documents = max(found.documents, found.queue.queued)
        said = "1 document is" if documents == 1 else f"{documents:,} documents are"
        said += " to be read"
        if queue := found.queue.queued and found.queue:
            said += f" ({queue.queued:,} in the queue for helpers, {queue.reading:,} being read"
            said += f", {queue.refused:,} that a helper could not read" if queue.refused else ""
            said += ")"
        parts.append(said)
    if found.passages:
        at_it = f" ({found.embedding:,} being embedded)" if found.embedding else ""
        waits = "1 passage waits" if found.passages == 1 else f"{found.passages:,} passages wait"
        parts.append(f"{waits} for vectors{at_it}")
    if not parts:
        return "nothing waits"
    if found.oldest:
        parts.append(f"the oldest for {_shown(found.oldest)}")
    if found.passages and found.idle < found.waited:
        parts.append(f"the last got its vector {_shown(found.idle)} ago")
    return ", ".join(parts)


def _workers(found: WorkState) -> list[str]:
    said = [f"{found.leader} follows the folder"] if found.leader else []
    said += [_worker(each) for each in found.workers]
    if not said and (found.documents or found.passages):
        said.append("nobody works on it now")
    return said


def _worker(each: Worker) -> str:
    does = {(True, True): "reads and embeds", (True, False): "reads", (False, True): "embeds"}
    said = f"{each.process} {does.get((each.reads, each.embeds), 'is there to embed')}"
    return said if each.seconds is None else f"{said}, since {_shown(each.seconds)}"


def _shown(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
