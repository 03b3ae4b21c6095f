"""Commands that take an animation's options: one given twice is no secret, and another program's has a hint."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import typer
from typer.core import TyperCommand

from dreamreel.animation.hints import of_option
from dreamreel.cli.exits import BAD_INPUT, say


class AnimationCommand(TyperCommand):
    """Looks through the arguments before typer reads them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Exits with 2 for prompts given twice, and for an option that does not exist: typer's hints are too bold."""
        named = {name: option for option in self.get_params(ctx) for name in (*option.opts, *option.secondary_opts)}
        given = list(_options(args, named))
        for flag in given:
            if flag.startswith("--") and flag not in named:
                say(f"error: there is no option {flag}{of_option(flag, named) or '; --help lists them'}")
                raise typer.Exit(BAD_INPUT)
        times = Counter(named[flag].name for flag in given if flag in named and not named[flag].multiple)
        for name in (name for name, count in times.items() if count > 1):
            option = "--" + str(name).replace("_", "-")
            if name == "animation_prompts":
                say(f'error: {name}: given {times[name]} times; one text holds all, such as -p "0: a fox | 30: a cat"')
                raise typer.Exit(BAD_INPUT)
            say(f"Warning: {option} is given {times[name]} times; the last one counts")
        return super().parse_args(ctx, args)


def _options(args: list[str], named: Mapping[str, Any]) -> Iterator[str]:
    """The options in args as written, without their values; those that are unknown, too."""
    rest = iter(args)
    for arg in rest:
        if arg == "--":
            return
        if not arg.startswith("-") or arg == "-":
            continue
        flag = arg.partition("=")[0] if arg.startswith("--") else arg[:2]
        yield flag
        if flag in named and not named[flag].is_flag and flag == arg:
            next(rest, None)
