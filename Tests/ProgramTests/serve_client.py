"""Speaks with a running service through the package openai.

usage: serve_client.py PORT TOKEN
"""

import sys

import openai

BASE = f"http://127.0.0.1:{sys.argv[1]}/v1"
client = openai.OpenAI(base_url=BASE, api_key=sys.argv[2], max_retries=0)
model = client.models.list().data[0].id
messages = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": [{"type": "text", "text": "What is the capital of France?"}]},
]


def chat(**more):
    return client.chat.completions.create(model=model, messages=messages, max_tokens=24, **more)


whole = chat()
text = whole.choices[0].message.content
assert "Paris" in text, text
assert whole.object == "chat.completion" and whole.model == model
assert whole.choices[0].finish_reason == "stop" and whole.choices[0].message.role == "assistant"
assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
assert whole.usage.prompt_tokens_details.cached_tokens == 0

chunks = list(chat(stream=True, stream_options={"include_usage": True}))
assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == text
assert chunks[0].choices[0].delta.role == "assistant"
assert chunks[-2].choices[0].finish_reason == "stop" and chunks[-1].choices == []
assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
assert chunks[-1].usage.prompt_tokens_details.cached_tokens > 0
assert len({c.id for c in chunks}) == 1

drawn = [chat(temperature=1.2, top_p=0.9, seed=11).choices[0].message.content for _ in range(2)]
assert drawn[0] == drawn[1], drawn

completion = client.completions.create(
    model=model, prompt="The capital of France is", max_tokens=8, stop=["\n"]
)
assert "Paris" in completion.choices[0].text, completion
stream = client.completions.create(
    model=model, prompt="The capital of France is", max_tokens=8, stop=["\n"], stream=True
)
assert "".join(c.choices[0].text for c in stream) == completion.choices[0].text

# A client that leaves in the middle: the next request is served.
for chunk in client.chat.completions.create(
    model=model, messages=messages[1:], max_tokens=1000, temperature=2, stream=True
):
    if chunk.choices[0].delta.content:
        break
assert chat().choices[0].message.content == text


# A model of any name is answered by the one there is.
other = client.chat.completions.create(
    model="gpt-4", messages=messages, max_tokens=24, n=2, logprobs=True, top_logprobs=3
)
assert other.model == model and len(other.choices) == 2 and other._request_id
assert [choice.message.content for choice in other.choices] == [text, text]
tokens = other.choices[0].logprobs.content
assert "".join(token.token for token in tokens) == text and len(tokens[0].top_logprobs) == 3
assert client.models.retrieve("gpt-4").id == model
batch = client.completions.create(model=model, prompt=["1, 2, 3,", "a, b, c,"], max_tokens=4, echo=True)
assert [choice.text[:8] for choice in batch.choices] == ["1, 2, 3,", "a, b, c,"]


def fails(error, status, **request):
    try:
        client.chat.completions.create(**({"model": model, "messages": messages} | request))
    except error as failure:
        assert failure.status_code == status, failure
        assert failure.body["message"], failure.body
        return failure
    raise AssertionError("no error")


assert fails(openai.BadRequestError, 400, n=0).param == "n"
assert fails(openai.BadRequestError, 400, extra_body={"guided_regex": "a+"}).param == "guided_regex"
assert fails(openai.BadRequestError, 400, messages=[]).param == "messages"
other = openai.OpenAI(base_url=BASE, api_key="wrong", max_retries=0)
try:
    other.models.list()
    raise AssertionError("no error")
except openai.AuthenticationError as failure:
    assert failure.status_code == 401
print("all as it should be")
