"""Speaks with a running service through the package ollama: models, chat, streams, usage, history, schemas,
tools, errors, timeouts.

usage: client_ollama.py PORT
"""

import json
import sys

import httpx
import ollama
import unsteady

client = ollama.Client(host=f"http://127.0.0.1:{sys.argv[1]}")
model = client.list().models[0].model
assert client.ps().models[0].model == model
shown = client.show(model)
assert "completion" in shown.capabilities, shown
assert shown.modelinfo["general.architecture"] == "llama", shown
settings = {"num_predict": 24, "temperature": 0}
messages = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "What is the capital of France?"},
]


def chat(messages=messages, **more):
    return client.chat(model="some-model", messages=messages, options=settings, **more)


whole = chat()
text = whole.message.content
assert "Paris" in text and whole.done_reason == "stop" and whole.model == model, whole
assert whole.prompt_eval_count > 0 and whole.eval_count > 0 and whole.eval_duration > 0
parts = list(chat(stream=True))
assert "".join(part.message.content for part in parts) == text
assert parts[-1].done and parts[-1].eval_count == whole.eval_count and not parts[0].done
later = messages + [whole.message, {"role": "user", "content": "And of Italy?"}]
assert chat(later).message.content
generated = client.generate(
    model="some-model", prompt=messages[1]["content"], system=messages[0]["content"], options=settings
)
assert generated.response == text, generated
streamed = client.generate(
    model="some-model", prompt=messages[1]["content"], system=messages[0]["content"], options=settings, stream=True
)
assert "".join(part.response for part in streamed) == text
raw = client.generate(model="some-model", prompt="The capital of France is", raw=True, options=settings)
assert "Paris" in raw.response, raw
assert client.generate(model="some-model").done_reason == "load"
stopped = client.chat(model="some-model", messages=messages, options=settings | {"stop": ["Paris"]})
assert stopped.message.content == text.split("Paris")[0], stopped

schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
settings["num_predict"] = 200
for form in (schema, "json"):
    assert isinstance(json.loads(chat(format=form).message.content), dict)


def set_light(room: str, level: int) -> str:
    """Sets a light.

    Args:
      room: Where the light is.
      level: From 0 to 100.
    """
    return f"{room} {level}"


answers = [chat(tools=[set_light], stream=False)]
answers += list(chat(tools=[set_light], stream=True))
for answer in answers:
    for call in answer.message.tool_calls or []:
        assert call.function.name == "set_light" and isinstance(call.function.arguments, dict)
call = {"function": {"name": "set_light", "arguments": {"room": "hall", "level": 3}}}
results = [
    {"role": "user", "content": "Set the light."},
    {"role": "assistant", "content": "", "tool_calls": [call]},
    {"role": "tool", "tool_name": "set_light", "content": "done"},
]
assert chat(results, tools=[set_light]).done
for more, name in (({"options": {"top_p": 7}}, "top_p"), ({"options": {"num_keep": 4}}, "num_keep")):
    try:
        client.chat(model="some-model", messages=messages, **more)
        raise AssertionError("no error")
    except ollama.ResponseError as failure:
        assert failure.status_code == 400 and name in failure.error, failure
try:
    ollama.Client(host=f"http://127.0.0.1:{unsteady.silent()}", timeout=0.5).list()
    raise AssertionError("no timeout")
except httpx.TimeoutException:
    pass
print("all as it should be")
