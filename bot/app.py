"""Builds the working Quoth: settings in, something that answers out. Nothing is global.

The index half is in `index.library`; here are the bridge, the language model and the answerer.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.answering.answerer import Answerer
from bot.answering.evidence import Quoter
from bot.answering.extractive.by_language import NEVER, ExtractorByLanguage
from bot.answering.extractive.extractor import Extractor
from bot.answering.extractive.judgement import Judgement, close_judgement, quick_judgement
from bot.answering.extractive.scored_sentences import SentenceScorer
from bot.bridge import Bridge, open_writers
from bot.errors import PromptError
from bot.observer import Observer, Traces
from bot.settings import Settings
from index.embed.lazy_models import Once
from index.library import Library, open_library
from index.protocols import Vectors
from index.store.postgres_address import shared_address
from index.sync.time_budget import SERVING

if TYPE_CHECKING:
    from bot.answering.generative.generator import Generator
    from bot.community.store.records_file import Records
    from bot.language_models.providers import ModelConfig
    from prompts import Prompts


@dataclass(frozen=True)
class App:
    """A working Quoth."""

    settings: Settings
    library: Library
    bridge: Bridge
    writers: Bridge
    """The threads that write to the index."""
    answerer: Answerer
    records: Once[Records]
    """What the bot remembers; opened by the first who asks, off the loop."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts away from the loop: rows of unit length, shape (n, dimension)."""
        return await embed_away(self.library, self.bridge, texts)


async def embed_away(library: Library, bridge: Bridge, texts: Sequence[str]) -> Vectors:
    """Embed texts on a worker of the bridge, opening the model there when it is first used."""
    return await bridge.run(lambda: library.models.embedder.embed(texts))


@asynccontextmanager
async def open_app(
    settings: Settings,
    library: Library | None = None,
    observer: Observer | None = None,
    traces: Traces | None = None,
) -> AsyncIterator[App]:
    """Open everything; a `library` that is given stays open. Raises QuothError.

    `observer` is told what the language model uses, `traces` how each question is answered.
    """
    async with AsyncExitStack() as stack:
        if library is None:
            library = stack.enter_context(open_library(settings.index, SERVING))
        bridge = Bridge()
        stack.callback(bridge.close)
        writers = open_writers()
        stack.callback(writers.close)
        records = Once(partial(_open_records, settings, stack))
        opened = _Opened(settings, library, bridge, records, observer or Observer())
        generator = await _open_generator(opened, stack)
        answerer = await bridge.run(_build_answerer, library, bridge, generator, traces)
        gc.freeze()  # what is loaded is no garbage: looking through it takes a tenth of a second
        stack.callback(gc.unfreeze)
        yield App(settings, library, bridge, writers, answerer, records)


def _open_records(settings: Settings, stack: AsyncExitStack) -> Records:
    from bot.community.store.records_file import open_records

    records = open_records(settings.index.home, shared_address(settings.index))
    return stack.enter_context(closing(records))


def _build_answerer(
    library: Library, bridge: Bridge, generator: Generator | None, traces: Traces | None
) -> Answerer:
    return Answerer(
        searcher=library.searcher,
        extractor=_build_quoter(library),
        catalog=library.catalog,
        bridge=bridge,
        generator=generator,
        english_only=library.config.english_only,
        traces=traces,
    )


def _build_quoter(library: Library) -> Quoter:
    """Put what chooses quotes together, for English and for other languages.

    The small selector judges alone; where there is none, the reader takes its place.
    """
    models, catalog = library.models, library.catalog
    embedder, selector = models.embedder_if_any(), models.selector
    judgement: Judgement | None = None
    if selector is not None:
        judgement = close_judgement(selector) if library.config.best else quick_judgement(selector)
    if judgement is None or library.config.best:
        scorer = SentenceScorer(embedder, models.matcher, models.reader)
    else:
        scorer = SentenceScorer(None)
    return ExtractorByLanguage(
        english=Extractor(scorer, judgement, neighbours=catalog),
        unclaimed=Extractor(scorer, judgement, neighbours=catalog, threshold=NEVER),
        other=Extractor(SentenceScorer(embedder), neighbours=catalog),
    )


@dataclass(frozen=True)
class _Opened:
    """What the language model is built upon."""

    settings: Settings
    library: Library
    bridge: Bridge
    records: Once[Records]
    observer: Observer


async def _open_generator(parts: _Opened, stack: AsyncExitStack) -> Generator | None:
    """Open the language model, guarded by its limits; None when none is configured."""
    settings, bridge = parts.settings, parts.bridge
    if settings.llm is None:
        return None
    from bot.answering.generative.generator import Generator
    from bot.language_models.guarded_model import GuardedModel, Limits
    from bot.language_models.providers import open_model
    from bot.language_models.token_budget import TokenBudget

    model = await bridge.run(open_model, model_config(settings))
    stack.push_async_callback(model.aclose)
    opened = await bridge.run(parts.records)
    guarded = GuardedModel(
        model,
        Limits(timeout=settings.llm_timeout, concurrency=settings.llm_concurrency),
        TokenBudget(
            opened.transaction,
            opened.run,
            per_day=settings.tokens_per_day,
            per_person=settings.tokens_per_person,
            spent=parts.observer.spent,
        ),
    )
    return Generator(
        guarded,
        load_prompts(settings.prompts),
        embed=partial(embed_away, parts.library, bridge),
        unsupported=settings.unsupported,
    )


def model_config(settings: Settings) -> ModelConfig:
    """Return which language model is asked; `settings.llm` must be set."""
    from bot.language_models.providers import ModelConfig

    assert settings.llm is not None
    key = settings.llm_api_key
    return ModelConfig(
        spec=settings.llm,
        base_url=settings.llm_base_url,
        api_key=key.get_secret_value() if key else None,
        timeout=settings.llm_timeout,
    )


def load_prompts(folder: Path | None) -> Prompts:
    """Read the prompts, those in `folder` first; raises PromptError."""
    import prompts

    try:
        return prompts.load(folder)
    except prompts.PromptFileError as error:
        raise PromptError(str(error)) from None
