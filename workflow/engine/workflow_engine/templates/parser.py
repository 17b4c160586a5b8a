"""Template text into nodes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from workflow_engine.errors import TemplateError
from workflow_engine.settings import did_you_mean
from workflow_engine.templates.functions import FUNCTIONS
from workflow_engine.templates.lexer import Piece, Token, pieces, unquote
from workflow_engine.templates.syntax import (
    Action,
    Block,
    Call,
    Expression,
    Literal,
    Node,
    Path,
    Text,
    Within,
)

MAX_DEPTH: Final = 32
_BLOCKS: Final = frozenset({"if", "with", "range"})
_CONSTANTS: Final = {"true": True, "false": False, "nil": None}


def parse(source: str) -> tuple[Node, ...]:
    """The nodes of a template; raises `TemplateError` saying what is wrong."""
    return _Parser(pieces(source)).template()


class _Parser:
    """Reads pieces from left to right; blocks nest by recursion, to a bounded depth."""

    def __init__(self, stretches: Iterable[Piece]) -> None:
        self._pieces = iter(stretches)
        self._closing: tuple[Token, ...] = ()
        self._depth = 0

    def template(self) -> tuple[Node, ...]:
        nodes = self._nodes()
        if self._closing:
            raise TemplateError(f"{self._closing[0].text!r} closes nothing")
        return nodes

    def _nodes(self) -> tuple[Node, ...]:
        """Nodes up to the `else` or `end` left in `_closing`, or to the end of the template."""
        nodes: list[Node] = []
        self._closing = ()
        for piece in self._pieces:
            if piece.tokens is None:
                if piece.text:
                    nodes.append(Text(piece.text))
            elif not piece.tokens:
                raise TemplateError("an action with nothing in it")
            elif piece.tokens[0].text in {"else", "end"}:
                self._closing = piece.tokens
                break
            else:
                nodes.append(self._action(piece.tokens))
        return tuple(nodes)

    def _action(self, tokens: tuple[Token, ...]) -> Node:
        if tokens[0].text in _BLOCKS:
            return self._block(tokens[0].text, tokens[1:])
        return Action(expression(tokens))

    def _block(self, keyword: str, tokens: tuple[Token, ...]) -> Block:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TemplateError(f"blocks nested deeper than {MAX_DEPTH}")
        condition, body = expression(tokens), self._nodes()
        otherwise = self._otherwise(keyword)
        self._depth -= 1
        return Block(keyword, condition, body, otherwise)

    def _otherwise(self, keyword: str) -> tuple[Node, ...]:
        if not self._closing:
            raise TemplateError(f"{keyword!r} is never closed", remedy="end it with {{ end }}")
        first, *rest = self._closing
        if first.text == "end":
            self._closing = () if not rest else self._closing
            if rest:
                raise TemplateError("'end' takes nothing after it")
            return ()
        if rest and rest[0].text in {"if", "with"}:
            return (self._block(rest[0].text, tuple(rest[1:])),)
        if rest:
            raise TemplateError("'else' takes nothing or 'if' after it")
        nodes = self._nodes()
        if [token.text for token in self._closing] != ["end"]:
            raise TemplateError(f"{keyword!r} is never closed", remedy="end it with {{ end }}")
        self._closing = ()
        return nodes


def expression(tokens: tuple[Token, ...]) -> Expression:
    """One whole expression; raises `TemplateError` when something is left over."""
    reader = _Tokens(tokens)
    found = reader.pipeline()
    if reader.left:
        raise TemplateError(f"{reader.left[0].text!r} is not expected there")
    return found


class _Tokens:
    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.left = list(tokens)
        self._depth = 0

    def _peek(self) -> Token | None:
        return self.left[0] if self.left else None

    def pipeline(self) -> Expression:
        value = self._command()
        if isinstance(value, Call):
            value = _checked(value)
        while (token := self._peek()) is not None and token.text == "|" and token.kind == "mark":
            self.left.pop(0)
            following = self._command()
            if not isinstance(following, Call):
                raise TemplateError("what follows a | must be a function")
            value = _checked(Call(following.function, (*following.arguments, value)))
        return value

    def _command(self) -> Expression:
        token = self._peek()
        if token is None:
            raise TemplateError("an expression is expected")
        if token.kind == "word" and token.text not in _CONSTANTS:
            return self._call()
        return self._operand()

    def _call(self) -> Call:
        name = self.left.pop(0).text
        arguments = []
        while (token := self._peek()) is not None and token.text not in {"|", ")"}:
            arguments.append(self._operand())
        return Call(name, tuple(arguments))

    def _operand(self) -> Expression:
        token = self.left.pop(0)
        match token.kind:
            case "string":
                return Literal(unquote(token.text))
            case "number":
                return Literal(float(token.text) if "." in token.text else int(token.text))
            case "path":
                return _path(token.text)
            case "word":
                return self._word(token.text)
            case _:
                return self._parenthesis(token)

    def _word(self, text: str) -> Expression:
        if text in _CONSTANTS:
            return Literal(_CONSTANTS[text])
        return _checked(Call(text, ()))

    def _parenthesis(self, token: Token) -> Expression:
        self._depth += 1
        if token.text != "(" or self._depth > MAX_DEPTH:
            raise TemplateError(f"{token.text!r} is not expected there")
        inner = self.pipeline()
        closing = self.left.pop(0) if self.left else None
        if closing is None or closing.text != ")":
            raise TemplateError("a ( that is never closed")
        self._depth -= 1
        following = self._peek()
        if following is not None and following.kind == "path" and len(following.text) > 1:
            return Within(inner, _path(self.left.pop(0).text).names)
        return inner


def _path(text: str) -> Path:
    names = tuple(name for name in text.removeprefix("$").split(".") if name)
    return Path(names, from_root=text.startswith("$"))


def _checked(call: Call) -> Call:
    """The call, once its function is known and takes that many arguments."""
    function = FUNCTIONS.get(call.function)
    if function is None:
        raise TemplateError(
            f"no function {call.function[:40]!r}", remedy=did_you_mean(call.function, FUNCTIONS)
        )
    if not function.least <= len(call.arguments) <= function.most:
        raise TemplateError(f"{call.function!r} does not take {len(call.arguments)} arguments")
    return call
