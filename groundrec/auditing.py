"""Audits of a workspace: answers are read, checked and kept, a batch at a time."""

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import TextIO

from graph.errors import InputError
from graph.snapshot import Progress
from groundrec.ask import asker_of
from groundrec.encoding import encoder_of
from groundrec.forms_llm import usage_form
from groundrec.language import TEMPLATE, chosen, language_model
from groundrec.moments import with_stale
from groundrec.origins import catalogue_rows
from groundrec.workspace import Workspace
from reasoning.asked import AskedModel
from reasoning.audit import CHECKER, Form, audited, edges_of, record_form
from reasoning.calibration import calibrate
from reasoning.ledger import Audit, Ledger, Summary
from reasoning.likeness import Likeness
from reasoning.linking import Linker
from reasoning.proposals import Proposal, Propose
from reasoning.rates import Rate
from reasoning.responses import Reject, Response, read_responses
from reasoning.trust import Trust, trust_of

BATCH = 500
# With a model that is asked, so that what is interrupted has not cost hours.
SMALL_BATCH = 20
VERDICTS = ("contradicted", "not_in_graph", "not_checkable", "supported")


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says of a file of answers; `model` and `prompt` where it does not say.

    `then` is the workspace as of the moment that tells what is stale from what is false. `propose`
    finds claims where a text was not understood, and `proposer` is its name.
    """

    label: str = ""
    model: str = ""
    prompt: str = ""
    again: bool = False
    then: Workspace | None = None
    propose: Propose | None = None
    proposer: str = ""


def schema_id(place: Workspace) -> str:
    """What a calibration holds for: a schema with its words, and a version of the checker."""
    schema = place.snapshot.schema
    return f"{schema.shape_hash}-{schema.words_hash}-{CHECKER}"


def run_audit(
    place: Workspace, ledger: Ledger, source: Path, options: Options, progress: Progress
) -> Audit:
    """Audit all answers of a file; the same file and graph again are the same audit, gone on with.

    InputError when there is no such file.
    """
    if not source.is_file():
        raise InputError(f"no answers at {source}", hint="a .jsonl or .txt file, or - for stdin")
    audit = Audit(
        0, _identity(place, source, options), options.label, source.name, options.model,
        options.prompt, place.snapshot.version, schema_id(place), int(time.time()), None,
    )  # fmt: skip
    kept, reached = ledger.begin(audit)
    if options.again and reached:
        ledger.forget(kept)
        kept, reached = ledger.begin(audit)
    if kept.finished is not None:
        return kept
    done = reached
    trust = trust_of(ledger.calibration(audit.schema))
    size = SMALL_BATCH if options.propose else BATCH
    for batch in _batches(source, reached, size):
        ledger.add(kept, *_checked(place, batch, options, trust))
        done = batch[-1].line
        progress("lines audited", done, None)
    return ledger.finish(kept)


def calibrated(place: Workspace, ledger: Ledger, pairs: int, seed: int, progress: Progress) -> Form:
    """Calibrate the checker on this graph and keep what comes of it, for this schema."""
    form = calibrate(place.names, pairs=pairs, seed=seed, progress=progress)
    ledger.calibrated(schema_id(place), form)
    return form


def spooled(stream: TextIO, folder: Path) -> Path:
    """Standard input kept as a file under `folder`, so that an audit of it can go on.

    What does not begin like JSON is text, an answer a paragraph.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "stdin.part"
    with part.open("w", encoding="utf-8", errors="replace") as file:
        shutil.copyfileobj(stream, file)
    with part.open("rb") as file:
        digest = file_digest(file, lambda: blake2b(digest_size=8)).hexdigest()
    with part.open(encoding="utf-8") as file:
        lines = (line.lstrip() for line in file)
        told = next((line for line in lines if line), "{")
    return part.replace(folder / f"stdin-{digest}.{'jsonl' if told[0] in '{[' else 'txt'}")


def asked_model(place: Workspace) -> AskedModel:
    """The language model of the settings, asked for claims; InputError where there is none."""
    choice = chosen(place)
    if choice.kind == TEMPLATE:
        raise InputError(
            "--llm needs a language model, and there is none",
            hint="`groundrec fetch model`, or GROUNDREC_LLM_URL for an endpoint",
        )
    return AskedModel(language_model(place), place.settings.llm_seconds)


def proposing(
    place: Workspace, asked: AskedModel | None, *, by_likeness: bool
) -> tuple[Propose | None, str]:
    """Who proposes claims, and under which name; likeness goes first, since it costs less."""
    if not by_likeness:
        return asked, asked.model.name if asked else ""
    encoder = encoder_of(place)
    alike = Likeness(encoder.encode)
    if asked is None:
        return alike, encoder.name

    def both(linker: Linker) -> Sequence[Proposal]:
        return alike(linker) or asked(linker)

    return both, f"{encoder.name}, {asked.model.name}"


def proposals_form(asked: AskedModel) -> Form:
    """What a model proposed and what that took."""
    return {
        "model": asked.model.name,
        "proposed": asked.proposed,
        "dropped": asked.dropped,
        "trouble": asked.trouble or None,
        "usage": usage_form(asked.spent),
    }


def proposals_told(asked: AskedModel) -> str:
    """The same in a line."""
    told = f"{asked.model.name} proposed {asked.proposed:,} claims; {asked.dropped:,} were dropped"
    return f"{told}; then it failed: {asked.trouble}" if asked.trouble else told


def summary_form(audit: Audit, summary: Summary, *, rates: bool) -> Form:
    """Counts by verdict, relation and reason; `rates` only where they mean something."""
    form: Form = {
        "audit": audit.number,
        "id": audit.id,
        "label": audit.label,
        "source": audit.source,
        "model": audit.model,
        "prompt_id": audit.prompt,
        "graph": audit.snapshot,
        "finished": audit.finished is not None,
        "answers": summary.answers,
        "rejects": summary.rejects,
        "claims": summary.claims,
        "counts": {verdict: summary.counts.get(verdict, 0) for verdict in VERDICTS},
        "uncovered": round(summary.uncovered, 4),
        "relations": {name or "(none)": dict(of) for name, of in summary.relations.items()},
        "reasons": dict(summary.reasons),
        "calibrated": rates,
    }
    if rates:
        form["rates"] = {
            verdict: Rate(summary.counts.get(verdict, 0), summary.claims).to_json()
            for verdict in VERDICTS
        }
    return form


def limits(texts: list[str]) -> dict[str, float]:
    """`contradicted=0.01` and the like; InputError for what is not a verdict and a share."""
    found = {}
    for text in texts:
        name, _, share = text.partition("=")
        try:
            found[name] = float(share)
        except ValueError:
            found[name] = -1.0
        if name not in (*VERDICTS, "uncovered", "rejects") or not 0 <= found[name] <= 1:
            raise InputError(
                f"--fail-over {text!r} is not a verdict and a share",
                hint="--fail-over contradicted=0.01; also uncovered=0.5, rejects=0",
            )
    return found


def over(summary: Summary, allowed: dict[str, float]) -> list[str]:
    """The limits that are passed, each as a line."""
    passed = []
    for name, limit in allowed.items():
        if name == "uncovered":
            share = summary.uncovered
        elif name == "rejects":
            share = summary.rejects / max(1, summary.answers + summary.rejects)
        else:
            share = summary.counts.get(name, 0) / max(1, summary.claims)
        if share > limit:
            passed.append(f"{name}: {share:.4f} is over {limit:g}")
    return passed


# -- inside ----------------------------------------------------------------------------------


def _identity(place: Workspace, source: Path, options: Options) -> str:
    with source.open("rb") as file:
        digest = file_digest(file, lambda: blake2b(digest_size=16)).hexdigest()
    then = () if options.then is None else (options.then.snapshot.version,)
    by = (options.proposer,) if options.proposer else ()
    parts = (digest, source.suffix, place.snapshot.version, schema_id(place), options.label,
             options.model, options.prompt, *then, *by)  # fmt: skip
    return blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


def _batches(source: Path, reached: int, size: int) -> Iterator[list[Response | Reject]]:
    batch: list[Response | Reject] = []
    for one in read_responses(source):
        if one.line <= reached:
            continue
        batch.append(one)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _checked(
    place: Workspace, batch: list[Response | Reject], options: Options, trust: Trust
) -> tuple[list[Form], list[Reject]]:
    said = [one for one in batch if isinstance(one, Response)]
    askers = {one.user: asker_of(place, one.user) for one in said}
    results = [audited(place.names, one, askers[one.user], options.propose) for one in said]
    then = options.then
    if then is not None:
        results = [
            with_stale(result, place.names, then.names, asker_of(then, one.user))
            for one, result in zip(said, results, strict=True)
        ]
    rows = catalogue_rows(place, edges_of(results))
    records = [
        record_form(place.names, one, checked, rows, trust)
        for one, checked in zip(said, results, strict=True)
    ]
    for record in records:
        record["model"] = record["model"] or options.model
        record["prompt_id"] = record["prompt_id"] or options.prompt
    return records, [one for one in batch if isinstance(one, Reject)]
