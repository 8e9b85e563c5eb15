"""Model cards as pages: the little of Markdown that they use, everything escaped first."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`]+)`")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")


def prose(markdown: str) -> Markup:
    """Return headings, lists, tables and paragraphs of a Markdown text as HTML."""
    blocks = re.split(r"\n\s*\n", markdown.strip())
    return Markup("\n").join(_block(block.strip("\n")) for block in blocks if block.strip())


def _block(block: str) -> Markup:
    lines = block.splitlines()
    if heading := re.match(r"(#{1,6})\s+(.*)", lines[0]):
        level = min(len(heading.group(1)) + 2, 6)
        rest = _block("\n".join(lines[1:])) if lines[1:] else Markup("")
        return Markup("<h{0}>{1}</h{0}>{2}").format(level, _inline(heading.group(2)), rest)
    if all(line.lstrip().startswith("|") for line in lines):
        return _table(lines)
    if re.match(r"\s*[-*]\s", lines[0]):
        items = re.split(r"\n(?=\s*[-*]\s)", block)
        shown = (Markup("<li>{}</li>").format(_inline(re.sub(r"^\s*[-*]\s+", "", item)))
                 for item in items)  # fmt: skip
        return Markup("<ul>{}</ul>").format(Markup("").join(shown))
    return Markup("<p>{}</p>").format(_inline(block))


def _table(lines: list[str]) -> Markup:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    rows = [row for row in rows if not all(set(cell) <= set("-: ") for cell in row)]
    if not rows:
        return Markup("")
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(_inline(c)) for c in rows[0])
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(_inline(cell)) for cell in row)
        )
        for row in rows[1:]
    )
    return Markup(
        '<div class="scroll" tabindex="0" role="group" aria-label="{}"><table><thead><tr>{}</tr>'
        "</thead><tbody>{}</tbody></table></div>"
    ).format(rows[0][0] or "-", head, body)


def _inline(text: str) -> Markup:
    """Return a line with its code and emphasis; whatever else it holds is shown, never run."""
    escaped = str(escape(text))
    escaped = _CODE.sub(r"<code>\1</code>", escaped)
    return Markup(_STRONG.sub(r"<strong>\1</strong>", escaped))  # noqa: S704 - escaped just above
