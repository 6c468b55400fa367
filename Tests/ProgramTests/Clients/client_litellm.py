"""Speaks with a running service through the package litellm: chat, stream, usage, history, errors,
timeouts, retries.

usage: client_litellm.py PORT
"""

import os
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm
import unsteady

SERVICE = {"api_base": f"http://127.0.0.1:{sys.argv[1]}/v1", "api_key": "none", "num_retries": 0}
messages = [{"role": "user", "content": "What is the capital of France?"}]


def chat(messages=messages, **more):
    return litellm.completion(
        model="openai/some-model", messages=messages, max_tokens=24, temperature=0, **(SERVICE | more)
    )


whole = chat()
text = whole.choices[0].message.content
assert "Paris" in text, text
assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
chunks = list(chat(stream=True, stream_options={"include_usage": True}))
assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == text
history = messages + [{"role": "assistant", "content": text}, {"role": "user", "content": "And of Italy?"}]
assert chat(history).choices[0].message.content
try:
    chat([{"role": "user", "content": "x"}], top_p=7)
    raise AssertionError("no error")
except litellm.BadRequestError as failure:
    assert "top_p" in str(failure), failure
try:
    chat(api_base=f"http://127.0.0.1:{unsteady.silent()}/v1", timeout=0.5, max_retries=0)
    raise AssertionError("no timeout")
except litellm.Timeout:
    pass
shaky = f"http://127.0.0.1:{unsteady.shaky(sys.argv[1])}/v1"
assert chat(api_base=shaky, num_retries=1).choices[0].message.content == text
print("all as it should be")
