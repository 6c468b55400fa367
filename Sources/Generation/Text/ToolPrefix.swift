/// Goes before a chat template that does not know tools: it tells of them, if there are any, in the
/// system message, and writes calls and their results as messages that every template knows. The form
/// of calls is that of `ToolFamily.generic`.
enum ToolPrefix {
  static var text: StaticString {
    """
    {%- set ns = namespace(messages=[], text='' if not tools else 'You can call \
    functions. To call one, answer with nothing but a JSON object {"name": NAME, "arguments": \
    OBJECT}. The functions are:') -%}
    {%- for tool in tools or [] -%}
    {%- set ns.text = ns.text + '\\n' + (tool.function or tool) | tojson -%}
    {%- endfor -%}
    {%- for message in messages -%}
    {%- if message.role == 'tool' -%}
    {%- set ns.messages = ns.messages + [{'role': 'user', 'content': 'The function returned: ' \
    + message.content}] -%}
    {%- elif message.tool_calls -%}
    {%- for call in message.tool_calls -%}
    {%- set ns.messages = ns.messages + [{'role': 'assistant', 'content': '{"name": "' \
    + call.function.name + '", "arguments": ' + call.function.arguments | tojson + '}'}] -%}
    {%- endfor -%}
    {%- elif tools and loop.first and message.role == 'system' -%}
    {%- set ns.messages = [{'role': 'system', 'content': message.content + '\\n\\n' + ns.text}] -%}
    {%- else -%}
    {%- if tools and loop.first -%}
    {%- set ns.messages = [{'role': 'system', 'content': ns.text}] -%}
    {%- endif -%}
    {%- set ns.messages = ns.messages + [message] -%}
    {%- endif -%}
    {%- endfor -%}
    {%- set messages = ns.messages -%}

    """
  }
}
