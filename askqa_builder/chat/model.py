"""A chat model: questions, several at once, to answers that fit them; asked once, and never again."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import islice
from threading import Event

from askqa_builder.chat.answer import Answer, Completion, Question, UnfitAnswerError
from askqa_builder.chat.completions import Completions, Usage
from askqa_builder.chat.form import asked, asked_again, fitting
from askqa_builder.chat.options import ChatOptions
from askqa_builder.disk_cache import CacheSettings, DiskCache
from askqa_builder.seeds import digest

_LAYOUT = "answer-2"
"""Of what is asked for a question, and of what is kept: a change of either makes what is in a cache useless."""

_FINAL = frozenset({"filtered", "refused"})
"""What no second try mends."""

_AHEAD = 4
"""Questions taken from their source before the first is answered, for each request under way."""

_KEPT = ("text", "finish_reason", "prompt_tokens", "completion_tokens")
"""What the cache keeps of an answer; its value is read from the text again."""

Outcome = Answer | UnfitAnswerError


class ChatModel:
    """A model behind a server with OpenAI's `POST /v1/chat/completions`; threads may share it.

    A request is repeated while the server is away or talks nonsense; a question whose answer must have a form is asked
    again, with what was wrong, up to `tries` times. Answers that fit are kept in the cache, and nothing else is. No
    request is made before the first question that the cache does not answer. Raises UsageError where key or URL cannot
    be used.
    """

    def __init__(self, options: ChatOptions, cache: CacheSettings | None = None) -> None:
        self._options = options
        self._completions = Completions(options)
        self._cache = None if cache is None else DiskCache(cache, "answer")
        self._threads = ThreadPoolExecutor(options.concurrency, thread_name_prefix="chat")
        # a name that many servers have says nothing of what is behind it
        self._server = "" if options.revision else options.base_url.rstrip("/")

    def __enter__(self) -> ChatModel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def usage(self) -> Usage:
        """What the server was asked for so far; what the cache answers is none of it."""
        return self._completions.usage

    def ask(self, question: Question) -> Answer:
        """Return the answer to a question.

        Raises UnfitAnswerError where there is none that fits, EngineError where the server stays away, UsageError
        where it refuses key, model or whatever is asked.
        """
        return self._ask(question, Event())

    def ask_all(self, questions: Iterable[Question]) -> Iterator[Outcome]:
        """Yield the answers to questions in their order, `concurrency` at once; an error in place of one that is unfit.

        Questions are taken a few ahead of the answers. Raises as `ask` does whatever ends all of them; then, and when
        the iterator is closed, nothing more is asked.
        """
        stop = Event()
        waiting: deque[Future[Outcome]] = deque()
        source = iter(questions)
        try:
            while True:
                ahead = _AHEAD * self._options.concurrency - len(waiting)
                waiting.extend(self._threads.submit(self._outcome, one, stop) for one in islice(source, ahead))
                if not waiting:
                    return
                _await_first(waiting)
                yield waiting.popleft().result()
        finally:
            stop.set()
            for future in waiting:
                future.cancel()

    def close(self) -> None:
        """Drop the connections; questions that wait are not asked."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._completions.close()
        if self._cache is not None:
            self._cache.trim()

    def _outcome(self, question: Question, stop: Event) -> Outcome:
        try:
            return self._ask(question, stop)
        except UnfitAnswerError as error:
            return error

    def _ask(self, question: Question, stop: Event) -> Answer:
        messages = asked(question)
        key = self._key(question)
        answer = self._recalled(key, question)
        if answer is not None:
            return answer
        spent = Answer("")
        left = self._options.tries if question.has_form else 1
        while True:
            body = self._completions.body(messages, question.seed)
            completion = self._completions.complete(body, question.schema, stop)
            completion = replace(completion, answer=completion.answer.after(spent))
            left -= 1
            try:
                answer = fitting(question, completion)
            except UnfitAnswerError as error:
                if not left or error.reason in _FINAL or stop.is_set():
                    raise
                spent = completion.answer
                messages = asked_again(messages, error, question.schema is not None)
                continue
            self._keep(key, answer)
            return answer

    def _key(self, question: Question) -> str:
        """Digest all that may change an answer, in the order in which the model is given it."""
        content = [self._options.identity, self._server, list(question.messages), question.schema, question.seed]
        return digest(_LAYOUT, *(json.dumps(part) for part in content)).hex()

    def _recalled(self, key: str, question: Question) -> Answer | None:
        data = None if self._cache is None else self._cache.get(key)
        if data is None:
            return None
        try:
            return fitting(question, Completion(Answer(**json.loads(data), recalled=True)))
        except UnfitAnswerError:  # what is wanted of an answer has changed
            return None

    def _keep(self, key: str, answer: Answer) -> None:
        if self._cache is not None:
            kept = {name: getattr(answer, name) for name in _KEPT}
            self._cache.put(key, json.dumps(kept).encode("ascii"))


def _await_first(waiting: deque[Future[Outcome]]) -> None:
    """Wait for the first of them; raises what any other one raises before that."""
    while not waiting[0].done():
        done, _ = wait([one for one in waiting if not one.done()], return_when=FIRST_COMPLETED)
        for one in done:
            one.result()
