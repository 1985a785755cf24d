//! Schemas that are right, and what may be put between their tokens.

use super::pieces::Filling;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A schema of a few declarations: names of any length, every kind of item, attributes, defaults, documentation.
pub(super) fn schema() -> impl Strategy<Value = String> {
    (head(), vec(declaration(), 1..6)).prop_map(|(head, declarations)| {
        let declarations = declarations.iter().enumerate();
        // A name for each, and one that all of them may refer to.
        let texts = declarations.map(|(number, text)| text.replace("DECLARED", &format!("D{number}")));
        format!(
            "{head}package drawn;\nmessage Common {{}}\nconst LIMIT: int32 = 3;\n{}",
            texts.collect::<String>()
        )
    })
}

fn head() -> impl Strategy<Value = String> {
    select(vec!["", "//! A file.\n", "// A remark.\n//!\n//! A file.\n\n"]).prop_map(str::to_owned)
}

fn declaration() -> impl Strategy<Value = String> {
    let block = |keyword: &'static str, item: BoxedStrategy<String>, least: usize| {
        (documentation(), attributes(""), vec(item, least..6)).prop_map(move |(docs, attributes, items)| {
            format!(
                "{docs}{attributes}{keyword} DECLARED {{\n{}}}\n",
                numbered(&items)
            )
        })
    };
    prop_oneof![
        4 => block("message", field().boxed(), 0),
        2 => block("enum", enum_value().boxed(), 1),
        2 => block("union", case().boxed(), 1),
        4 => block("service", method().boxed(), 0),
        1 => (documentation(), ty()).prop_map(|(docs, ty)| format!("{docs}type DECLARED = {ty};\n")),
        1 => (documentation(), text(0..120)).prop_map(|(docs, text)| format!("{docs}const DECLARED: string = {text};\n")),
    ]
}

/// Items with a number each: in their names, and as the numbers of values and cases.
fn numbered(items: &[String]) -> String {
    let items = items.iter().enumerate();
    items
        .map(|(at, item)| item.replace("NUMBER", &(at + 1).to_string()))
        .collect()
}

fn field() -> impl Strategy<Value = String> {
    let plain = (documentation(), attributes("old_nameNUMBER"), parameter())
        .prop_map(|(docs, attributes, field)| format!("{docs}{attributes}{field};\n"));
    let reserved = (vec("[a-z]{1,30}", 1..12), any::<bool>()).prop_map(|(names, comma)| {
        let names = names.iter().enumerate();
        let items = names.map(|(at, name)| format!("\"r_NUMBER_{at}_{name}\""));
        format!("reserved {};\n", listed(items, comma))
    });
    prop_oneof![6 => plain, 1 => reserved]
}

/// A name with its type and perhaps a default, as fields and parameters have it.
fn parameter() -> impl Strategy<Value = String> {
    let defaults = vec![
        "bool = true",
        "int32 = -0x1F",
        "float64 = 1.5e-3",
        "list<string> = []",
        "map<string, int8> = {}",
        "duration = 1m30s",
        "string = \"a \\\"b\\\"\"",
    ];
    let ty = prop_oneof![3 => ty(), 2 => select(defaults).prop_map(str::to_owned)];
    (name(), ty).prop_map(|(name, ty)| format!("{name}NUMBER: {ty}"))
}

fn enum_value() -> impl Strategy<Value = String> {
    let value = (documentation(), attributes("OLD_NUMBER"), "[A-Z]{1,30}")
        .prop_map(|(docs, attributes, name)| format!("{docs}{attributes}V_{name}_NUMBER = NUMBER;\n"));
    (value, proptest::bool::weighted(0.1)).prop_map(|(value, reserved)| {
        value
            + if reserved {
                "reserved 4_00NUMBER, \"OLDER_NUMBER\",;\n"
            } else {
                ""
            }
    })
}

fn case() -> impl Strategy<Value = String> {
    let ty = select(vec!["bool", "string", "Common", "drawn.Common"]);
    (documentation(), attributes("oldNUMBER"), name(), ty)
        .prop_map(|(docs, attributes, name, ty)| format!("{docs}{attributes}{name}NUMBER: {ty} = NUMBER;\n"))
}

fn method() -> impl Strategy<Value = String> {
    let parameters = vec((documentation(), attributes(""), parameter()), 0..6);
    let parameters = (parameters, any::<bool>()).prop_map(|(parameters, comma)| {
        let parameters = parameters.iter().enumerate();
        let items = parameters.map(|(at, (docs, attributes, item))| {
            // The number of the method comes later, and is none of the parameter's.
            format!("{docs}{attributes}{}", item.replace("NUMBER", &format!("_{at}")))
        });
        format!("{}) -> ", listed(items, comma))
    });
    let shape = prop_oneof![
        3 => (parameters, select(vec!["()", "Common", "stream Common", "list<Common?>"])).prop_map(|(request, result)| request + result),
        1 => select(vec!["Common) -> ()", "stream Common) -> drawn.Common", "drawn.Common) -> stream map<string, int32>"])
            .prop_map(str::to_owned),
    ];
    let access = prop_oneof![
        2 => Just(String::new()),
        1 => (vec("[a-z]{1,30}", 1..6), any::<bool>()).prop_map(|(roles, comma)| {
            let roles = roles.iter().enumerate().map(|(at, role)| format!("\"{role}{at}\""));
            format!("@requires(any_of: [{}]) ", listed(roles, comma))
        }),
    ];
    let idempotent = select(vec!["", "@idempotent ", "@idempotent @timeout(1m30s) "]);
    // What is made for a method has its name.
    (documentation(), access, idempotent, name(), shape).prop_map(
        |(docs, access, idempotent, name, shape)| {
            format!("{docs}{access}{idempotent}rpc {name}NUMBER_DECLARED({shape};\n")
        },
    )
}

/// Items of a list, perhaps with a comma behind the last.
fn listed(items: impl Iterator<Item = String>, comma: bool) -> String {
    let mut list = items.collect::<Vec<_>>().join(", ");
    if comma && !list.is_empty() {
        list.push(',');
    }
    list
}

fn attributes(old: &'static str) -> impl Strategy<Value = String> {
    let deprecated = prop_oneof![
        4 => Just(String::new()),
        1 => Just("@deprecated ".to_owned()),
        1 => text(0..60).prop_map(|note| format!("@deprecated(note: {note}, since: 2) ")),
    ];
    let other = prop_oneof![
        4 => Just(String::new()),
        1 => values().prop_map(|values| format!("@acme.drawn(all: {values}, none: [],) ")),
    ];
    let was = proptest::bool::weighted(0.2).prop_map(move |was| match was {
        true if !old.is_empty() => format!("@was(\"{old}\") "),
        _ => String::new(),
    });
    (deprecated, other, was).prop_map(|(deprecated, other, was)| deprecated + &other + &was)
}

/// A list of lists and other values.
fn values() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        text(0..40),
        select(vec!["1", "-2.5", "0xFF", "5s", "true", "drawn.LIMIT", "[]", "{}"]).prop_map(str::to_owned)
    ];
    let list = |inner: BoxedStrategy<String>| {
        (vec(inner, 0..5), any::<bool>())
            .prop_map(|(items, comma)| format!("[{}]", listed(items.into_iter(), comma)))
    };
    let nested = leaf.prop_recursive(3, 20, 5, move |inner| list(inner).boxed());
    list(nested.boxed())
}

fn ty() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        "bool",
        "string",
        "fixed_uint64",
        "list<Common?>",
        "drawn.Common?",
        "Common?",
    ]);
    let leaf = leaf.prop_map(str::to_owned);
    leaf.prop_recursive(3, 8, 1, |inner| {
        (
            inner,
            select(vec![
                "list<T>",
                "map<string, T>",
                "list<set<int8>?>",
                "map<int32, T>",
            ]),
        )
            .prop_map(|(inner, outer)| outer.replace('T', &inner))
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,12}",
        "[a-zé]{20,40}",
        Just("message".to_owned()),
        Just("größe_".to_owned())
    ]
}

fn text(length: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    vec(select(vec!["a", "ü", " ", "\\n", "\\\"", "//", "{"]), length)
        .prop_map(|parts| format!("\"{}\"", parts.concat()))
}

fn documentation() -> impl Strategy<Value = String> {
    let some = [
        "/// Behind something, or on its line.\n",
        "\n/// One line.\n",
        "///\n///Two lines.\n",
        "/// A line. \n\n///  Another one.\n",
        "// A remark.\n",
    ];
    let some = select(some.to_vec()).prop_map(str::to_owned);
    prop_oneof![4 => Just(String::new()), 1 => some]
}

/// Blanks without an empty line in them.
pub(super) fn blanks() -> impl Strategy<Value = Vec<&'static str>> {
    vec(select(vec!["", " ", "\t ", "\n", "\r\n", " \n  ", "\r"]), 1..64)
}

/// What is put between tokens, and where.
pub(super) fn fillings() -> impl Strategy<Value = Vec<(Index, bool, Filling)>> {
    let comment = select(vec![
        "",
        "//",
        "// a remark; { of a line }",
        "//äöü ",
        "//// four",
        "///docs",
        "/// docs: \t",
        "///",
        "//!  of the file",
        "/**/",
        "/* one, */",
        "/* /* in another */ \"one */",
        "/* two\r\n     lines  \n*/",
        "/* one\n\n   empty */",
    ]);
    let blank = || select(vec!["", " ", "\n", "\r\n", "\n\n", "\n \n\n", "\t"]);
    let filling = (blank(), comment, blank()).prop_map(|(before, comment, after)| Filling {
        before,
        comment,
        after,
    });
    vec((any::<Index>(), any::<bool>(), filling), 0..24)
}

/// What may stand behind a statement, as it is printed.
pub(super) fn behind() -> impl Strategy<Value = &'static str> {
    select(vec![
        "",
        "  // a remark",
        " /* one */",
        " /* one */ /* two */  // three",
    ])
}
