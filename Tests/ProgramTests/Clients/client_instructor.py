"""Speaks with a running service through the package instructor, which reads JSON out of plain text.

usage: client_instructor.py PORT
"""

import sys

import instructor
import openai
from instructor.core import IncompleteOutputException, InstructorRetryException
from pydantic import BaseModel


class Answer(BaseModel):
    text: str


client = instructor.from_openai(
    openai.OpenAI(base_url=f"http://127.0.0.1:{sys.argv[1]}/v1", api_key="none", max_retries=0),
    mode=instructor.Mode.MD_JSON,
)
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
plain = client.client.chat.completions.create(
    model="some-model",
    messages=[{"role": "user", "content": "What is the capital of France?"}],
    max_tokens=24,
)
assert "Paris" in plain.choices[0].message.content
print("all as it should be")
