"""Speaks with a running service through the package llm: prompts, streams, conversations, errors,
timeouts, retries.

usage: client_llm.py PORT
"""

import sys

import llm
import openai
import unsteady
from llm.default_plugins.openai_models import Chat

model = Chat(
    "local", model_name="some-model", api_base=f"http://127.0.0.1:{sys.argv[1]}/v1"
)
model.key = "none"
settings = {"max_tokens": 24, "temperature": 0}
whole = model.prompt("What is the capital of France?", system="You are a helpful assistant.", stream=False, **settings)
assert "Paris" in whole.text(), whole.text()
stream = model.prompt("What is the capital of France?", system="You are a helpful assistant.", **settings)
assert "".join(stream) == whole.text()
usage = stream.usage()
assert usage.input > 0 and usage.output > 0, usage
conversation = model.conversation()
conversation.prompt("What is the capital of France?", **settings).text()
assert conversation.prompt("And of Italy?", **settings).text()
try:
    model.prompt("x", logit_bias={"99999999": 1}, **settings).text()
    raise AssertionError("no error")
except Exception as failure:
    assert "400" in str(failure), failure


def other(port, **more):
    """A model of another service; the package has no settings for times and retries of its own."""
    there = Chat("other", model_name="some-model", api_base=f"http://127.0.0.1:{port}/v1")
    there.key = "none"
    make = there.get_client
    there.get_client = lambda *arguments, **names: make(*arguments, **names).with_options(**more)
    return there.prompt("What is the capital of France?", system="You are a helpful assistant.", stream=False, **settings)


try:
    other(unsteady.silent(), timeout=0.5, max_retries=0).text()
    raise AssertionError("no timeout")
except (llm.ModelError, openai.APITimeoutError) as failure:
    assert "timed out" in str(failure).lower(), failure
assert other(unsteady.shaky(sys.argv[1]), max_retries=1).text() == whole.text()
print("all as it should be")
