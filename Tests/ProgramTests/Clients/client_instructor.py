"""Speaks with a running service through the package instructor, which reads JSON out of plain text:
timeouts and retries too.

usage: client_instructor.py PORT
"""

import sys

import instructor
import openai
import unsteady
from instructor.core import IncompleteOutputException, InstructorRetryException
from pydantic import BaseModel


class Answer(BaseModel):
    text: str


def connect(port, max_retries=0, **more):
    made = openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=max_retries, **more)
    return instructor.from_openai(made, mode=instructor.Mode.MD_JSON)


client = connect(sys.argv[1])
try:
    answer = client.chat.completions.create(
        model="some-model",
        messages=[{"role": "user", "content": "What is the capital of France?"}],
        response_model=Answer,
        max_retries=1,
        max_tokens=48,
        temperature=0,
    )
    assert answer.text
except IncompleteOutputException:
    # A small model may go on and on.
    pass
except InstructorRetryException as failure:
    # A small model need not write JSON; its text must have come.
    assert "validation" in str(failure).lower() or "json" in str(failure).lower(), failure


def plain(client):
    answer = client.client.chat.completions.create(
        model="some-model",
        messages=[{"role": "user", "content": "What is the capital of France?"}],
        max_tokens=24,
    )
    return answer.choices[0].message.content


assert "Paris" in plain(client)
try:
    plain(connect(unsteady.silent(), timeout=0.5))
    raise AssertionError("no timeout")
except openai.APITimeoutError:
    pass
assert "Paris" in plain(connect(unsteady.shaky(sys.argv[1]), max_retries=1))
print("all as it should be")
