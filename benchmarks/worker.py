"""The process of a `Remote` contender: it reads requests from its standard input, and answers them in turn."""

import contextlib
import os
import pickle
import sys
from typing import Any, BinaryIO

from benchmarks.cases import CASES
from benchmarks.cases.base import Task
from benchmarks.contenders import CONTENDERS
from benchmarks.contenders.base import Call, Contender
from benchmarks.contenders.remote import send


def serve(name: str, requests: BinaryIO, answers: BinaryIO) -> None:
    contender = CONTENDERS[name]()
    cases = {case.name: case for case in CASES}
    task: Any = None
    call: Any = None
    with contextlib.suppress(EOFError):
        while True:
            request, argument = pickle.load(requests)
            answer: Any
            try:
                if request == "prepare":
                    case, *rest = argument
                    task, call = Task(cases[case], *rest), None  # which frees the arrays of the last one
                    call = prepared(contender, task)
                    answer = call is not None
                elif request == "run":
                    with contender.running():
                        answer = tuple(contender.numbers(call(), task.mode))
                else:
                    answer = tuple(contender.time(call, argument))
            except Exception as error:
                answer = error
            send(answers, answer)


def prepared(contender: Contender, task: Task) -> Call | None:
    """The call, or None where an earlier checkout doesn't have the loss, or not the method."""
    try:
        return contender.prepare(task, task.arrays())
    except AttributeError:
        return None


if __name__ == "__main__":
    if len(sys.argv) > 2 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    own_answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    serve(sys.argv[1], sys.stdin.buffer, own_answers)
