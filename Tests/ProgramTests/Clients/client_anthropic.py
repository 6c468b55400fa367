"""Speaks with a running service through the package anthropic: messages, streams, usage, history, tools,
schemas, errors, timeouts, retries.

usage: client_anthropic.py PORT
"""

import json
import sys

import anthropic
import unsteady

client = anthropic.Anthropic(base_url=f"http://127.0.0.1:{sys.argv[1]}", api_key="none", max_retries=0)
question = {"role": "user", "content": "What is the capital of France?"}
system = "You are a helpful assistant."
# The package has no parameters for sampling.
greedy = {"temperature": 0}


def ask(messages=[question], client=client, max_tokens=24, body=greedy, **more):
    return client.messages.create(
        model="some-model", max_tokens=max_tokens, system=system, messages=messages, extra_body=body, **more
    )


whole = ask()
text = whole.content[0].text
assert "Paris" in text and whole.stop_reason == "end_turn" and whole.role == "assistant", whole
assert whole.usage.input_tokens > 0 and whole.usage.output_tokens > 0, whole.usage
with client.messages.stream(
    model="some-model", max_tokens=24, system=[{"type": "text", "text": system}], messages=[question], extra_body=greedy
) as stream:
    assert "".join(stream.text_stream) == text
    final = stream.get_final_message()
assert final.content[0].text == text and final.stop_reason == "end_turn"
assert final.usage.output_tokens == whole.usage.output_tokens and final.usage.cache_read_input_tokens > 0
events = [event.type for event in ask(stream=True)]
assert events[0] == "message_start" and events[-1] == "message_stop", events
count = client.messages.count_tokens(model="some-model", system=system, messages=[question])
assert count.input_tokens == whole.usage.input_tokens + whole.usage.cache_read_input_tokens, count
later = [question, {"role": "assistant", "content": whole.content}, {"role": "user", "content": "And of Italy?"}]
assert ask(later).content[0].text
begun = ask([question, {"role": "assistant", "content": "The capital of France is"}]).content[0].text
assert begun.strip().startswith("Paris"), begun
stopped = ask(stop_sequences=["never", "Paris"])
assert stopped.stop_reason == "stop_sequence" and stopped.stop_sequence == "Paris", stopped
assert ask(max_tokens=1).stop_reason == "max_tokens"

schema = {
    "type": "object",
    "properties": {"room": {"enum": ["kitchen", "hall"]}, "level": {"type": "integer", "minimum": 0, "maximum": 9}},
    "required": ["room", "level"],
    "additionalProperties": False,
}
tools = [{"name": "set_light", "description": "Sets a light.", "input_schema": schema}]
light = {"role": "user", "content": "It is dark in the kitchen."}
called = ask([light], tools=tools, tool_choice={"type": "any"}, max_tokens=200)
call = called.content[-1]
assert called.stop_reason == "tool_use" and call.type == "tool_use" and call.name == "set_light", called
assert set(call.input) == {"room", "level"}, call
with client.messages.stream(
    model="some-model", max_tokens=200, messages=[light], tools=tools, extra_body=greedy,
    tool_choice={"type": "tool", "name": "set_light", "disable_parallel_tool_use": True},
) as stream:
    streamed = stream.get_final_message().content
assert [block.type for block in streamed] == ["tool_use"] and set(streamed[0].input) == {"room", "level"}
result = {"type": "tool_result", "tool_use_id": call.id, "content": "done", "is_error": False}
after = [light, {"role": "assistant", "content": called.content}, {"role": "user", "content": [result]}]
assert ask(after, tools=tools, tool_choice={"type": "none"}).content[0].type == "text"
bound = ask(output_config={"format": {"type": "json_schema", "schema": schema}}, max_tokens=200)
assert set(json.loads(bound.content[0].text)) == {"room", "level"}, bound

try:
    ask(body={"top_p": 7})
    raise AssertionError("no error")
except anthropic.BadRequestError as failure:
    assert "top_p" in failure.message and failure.body["error"]["type"] == "invalid_request_error", failure
try:
    ask(client=client.with_options(base_url=f"http://127.0.0.1:{unsteady.silent()}", timeout=0.5))
    raise AssertionError("no timeout")
except anthropic.APITimeoutError:
    pass
shaky = client.with_options(base_url=f"http://127.0.0.1:{unsteady.shaky(sys.argv[1])}", max_retries=1)
assert ask(client=shaky).content[0].text == text
print("all as it should be")
