"""The OpenAPI document as one page without scripts and without anything from another host."""

import html
import json
from typing import Any

# Its own style and nothing else, in no other page's frame.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
summary{cursor:pointer;padding:.4rem}summary code{font-size:1.05em}
details{border:1px solid #8884;border-radius:.4rem;margin:.4rem 0}
details>*:not(summary){margin-left:1rem;margin-right:1rem}
pre{overflow:auto;background:#8881;padding:.6rem;border-radius:.4rem}
table{border-collapse:collapse}
td,th{text-align:left;padding:.2rem .6rem;vertical-align:top;border-bottom:1px solid #8883}
.get{color:#0a7}.post{color:#27c}.delete{color:#c33}.head,.query{color:#777}b{display:inline-block;min-width:4.5rem}
"""


def docs_page(document: dict[str, Any]) -> str:
    """HTML of an OpenAPI document: operations by tag, with parameters, bodies and answers."""
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f'<title>dreamreel API</title><link rel="icon" href="data:,"><style>{_STYLE}</style>',
        f"<h1>{html.escape(document['info']['title'])}</h1>",
        f"<p>{html.escape(document['info'].get('description', ''))}</p>",
        '<p>Every path also works below <code>/v1</code>. <a href="/openapi.json">OpenAPI document</a></p>',
    ]
    for tag, operations in _by_tag(document).items():
        parts.append(f"<h2>{html.escape(tag)}</h2>")
        parts += [_operation(document, *operation) for operation in operations]
    return "".join(parts)


def _by_tag(document: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            found.setdefault(operation.get("tags", ["other"])[0], []).append((method, path, operation))
    return found


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    title = html.escape(operation.get("summary", ""))
    body = [
        f'<details><summary><b class="{method}">{method.upper()}</b> <code>{html.escape(path)}</code> {title}</summary>'
    ]
    body.append(f"<p>{html.escape(operation.get('description', ''))}</p>")
    if parameters := operation.get("parameters"):
        rows = "".join(_parameter(parameter) for parameter in parameters)
        body.append(f"<table><tr><th>parameter<th>in<th>what it does</tr>{rows}</table>")
    contents = operation.get("requestBody", {}).get("content", {}).values()
    body += ["<h4>Body</h4>" + _properties(content["schema"]) for content in contents]
    body.append("<h4>Answers</h4><table>")
    body += [
        f"<tr><td>{status}<td>{html.escape(answer.get('description', ''))}{_names(document, answer)}</tr>"
        for status, answer in operation["responses"].items()
    ]
    return "".join([*body, "</table></details>"])


def _parameter(parameter: dict[str, Any]) -> str:
    text = html.escape(parameter.get("description", "") or json.dumps(parameter.get("schema", {})))
    return f"<tr><td><code>{html.escape(parameter['name'])}</code><td>{parameter['in']}<td>{text}</tr>"


def _properties(schema: dict[str, Any]) -> str:
    rows = []
    for name, each in schema.get("properties", {}).items():
        required = " <i>required</i>" if name in schema.get("required", []) else ""
        limits = {key: each[key] for key in ("default", "minimum", "maximum", "enum") if key in each}
        facts = html.escape(json.dumps(limits)) if limits else ""
        inner = _properties(each) if each.get("type") == "object" else ""
        rows.append(
            f"<tr><td><code>{html.escape(name)}</code>{required}<td>{each.get('type', '')}"
            f"<td>{html.escape(each.get('description', ''))} <code>{facts}</code>{inner}</tr>"
        )
    return f"<table>{''.join(rows)}</table>"


def _names(document: dict[str, Any], answer: dict[str, Any]) -> str:
    for content in answer.get("content", {}).values():
        reference = content.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
        members = document["components"]["schemas"].get(reference, {}).get("properties", {})
        if members:
            return ": <code>" + "</code>, <code>".join(html.escape(member) for member in members) + "</code>"
    return ""
