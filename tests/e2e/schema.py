"""Makes `tests/interop/matrix.aster`: one union of every type that the examples declare, and a method for each.

    python tests/e2e/schema.py

A message is a case of it; an enum or a union is held by a message in every place that it may have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = REPOSITORY / "idl-examples"
MATRIX = REPOSITORY / "tests/interop/matrix.aster"

# `hello` after an edit: one program cannot have both.
ALTERED = EXAMPLES / "altered/hello.aster"

HEAD = """\
//! Every type of the examples as one union, which services echo in every pattern.
//! Made by `tests/e2e/schema.py`.

package matrix;
"""

FOOT = """
message Any {
  value: Value;
}

message Moments {
  at: timestamp;
  within: duration;
}

service Echo {
  rpc unary(Any) -> Any;
  /// Three copies.
  rpc server_stream(Any) -> stream Any;
  /// The last.
  rpc client_stream(stream Any) -> Any;
  rpc bidi(stream Any) -> stream Any;
}

service Bare {
  rpc unary(value: Value) -> Value;
  rpc server_stream(value: Value) -> stream Value;
  rpc client_stream(stream Value) -> Value;
  rpc bidi(stream Value) -> stream Value;
}

/// What a peer can do but answer.
service Peer {
  /// Ends with this status.
  rpc fail(code: uint32, message: string, details: map<string, bytes>, trailer: map<string, string>) -> ();
  /// Sends without end, until its caller has gone.
  rpc endless(padding: bytes) -> stream uint64;
  /// Reads without end, until its caller has gone.
  rpc swallow(stream bytes) -> uint64;
  /// Returns once a handler of `endless` or `swallow` has ended because its caller has gone.
  rpc gone() -> ();
  /// How many items `endless` has made, or `swallow` has read, since `gone` returned.
  rpc made() -> uint64;
  /// Times finer than microseconds, if the peer has such.
  rpc moments() -> stream Moments;
}
"""


def declared() -> Iterator[tuple[Path, str, str, str]]:
    """The types of the examples: file, package, kind and name."""
    for file in sorted(EXAMPLES.rglob("*.aster")):
        if file == ALTERED:
            continue
        text = file.read_text(encoding="utf-8")
        (package,) = re.findall(r"^package (\S+);$", text, re.MULTILINE)
        for kind, name in re.findall(
            r"^(message|enum|union)\s+(\S+)\s*\{", text, re.MULTILINE
        ):
            yield file, package, kind, name


def schema() -> str:
    """The text of the schema."""
    imports: dict[Path, None] = {}
    holders: list[str] = []
    cases: list[str] = []
    methods: list[str] = []
    for file, package, kind, name in declared():
        imports[file] = None
        held = full = f"{package}.{name}"
        if kind != "message":
            held = f"Holder{len(holders)}"
            holders.append(
                f"\n/// Every place of the {kind} `{full}`.\nmessage {held} {{\n  one: {full};\n  maybe: {full}?;\n"
                f"  list: list<{full}>;\n  by_name: map<string, {full}?>;\n"
                + (
                    f"  set: set<{full}>;\n  keys: map<{full}, {full}>;\n"
                    if kind == "enum"
                    else ""
                )
                + "}\n"
            )
        cases.append(f"  c{len(cases) + 1}: {held} = {len(cases) + 1};\n")
        methods.append(f"  rpc c{len(cases)}(stream {held}) -> stream {held};\n")
    return "".join(
        [
            HEAD,
            "\n",
            *(
                f'import "{file.relative_to(EXAMPLES).as_posix()}" as i{index};\n'
                for index, file in enumerate(imports)
            ),
            *holders,
            "\nunion Value {\n",
            *cases,
            "}\n",
            FOOT,
            "\n/// The message of each case as what it is, back as it came.\nservice Itself {\n",
            *methods,
            "}\n",
        ]
    )


if __name__ == "__main__":
    MATRIX.write_text(schema(), encoding="utf-8")
