//! What the scan and the grammar have to say: one function for each diagnostic.

use super::Rule;
use super::advice::Advice;
use super::literal::{BadEscape, BadNumber};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use std::ops::Range;

pub(crate) fn nesting(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::error(
        Code::NestingTooDeep,
        span,
        format!("more than {limit} brackets or comments are open here"),
    )
    .label(format!("this would be number {}", limit + 1))
}

pub(crate) fn declaration_too_large(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::error(
        Code::DeclarationTooLarge,
        span,
        format!("this declaration has more than {limit} words and marks"),
    )
    .label("it begins here, and is not looked at")
    .help("declare several smaller ones; what is data goes into messages, not into the schema")
}

pub(crate) fn unterminated_string(span: Span) -> Diagnostic {
    Diagnostic::error(
        Code::UnterminatedString,
        span,
        "unterminated string: the closing `\"` is missing",
    )
    .label("the string begins here and does not end on this line")
    .help("close the string on its line; a line break inside is written `\\n`")
}

pub(crate) fn unterminated_comment(span: Span) -> Diagnostic {
    Diagnostic::error(
        Code::UnterminatedComment,
        span,
        "unterminated comment: the closing `*/` is missing",
    )
    .label("the comment begins here; comments nest, so each `/*` needs its own `*/`")
}

pub(crate) fn unclosed(span: Span) -> Diagnostic {
    Diagnostic::error(Code::UnclosedBracket, span, "this `{` is never closed").label("its `}` is missing")
}

pub(crate) fn missing_brace(open: Span, next: Span) -> Diagnostic {
    Diagnostic::error(Code::UnclosedBracket, open, "this `{` is never closed")
        .label("its `}` is missing")
        .at(next, "a declaration begins here, so the `}` belongs before it")
}

pub(crate) fn unmatched_brace(span: Span) -> Diagnostic {
    Diagnostic::error(Code::UnmatchedBracket, span, "this `}` closes nothing")
        .label("no `{` is open here")
        .help("remove it, or look for a `}` too many above")
        .edit(span, "")
}

pub(crate) fn misplaced_docs(span: Span) -> Diagnostic {
    Diagnostic::warning(Code::MisplacedDocs, span, "this documentation documents nothing")
        .label("`///` belongs to the item that follows it, and none does")
        .help("use `//` for a remark, or `//!` to document the file")
}

/// `id: string;  /// The id.`
pub(crate) fn trailing_docs(span: Span) -> Diagnostic {
    Diagnostic::warning(
        Code::MisplacedDocs,
        span,
        "documentation stands above what it documents",
    )
    .label("`///` belongs to the item that follows it, not to the one before")
    .help("move it to a line of its own above the item, or write `//` for a remark")
}

pub(crate) fn number(span: Span, bad: BadNumber) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::InvalidNumber, span, bad.message);
    match bad.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

pub(crate) fn escape(string: Span, bad: BadEscape) -> Diagnostic {
    let start = string.start as usize;
    let span = Span::new(string.file, start + bad.start, start + bad.end);
    Diagnostic::error(Code::InvalidEscape, span, bad.message)
        .help(r#"the escapes are `\n`, `\t`, `\r`, `\0`, `\"`, `\\` and `\u{…}`"#)
}

pub(crate) fn too_many(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::error(
        Code::TooManyErrors,
        span,
        format!("this file has more than {limit} syntax errors"),
    )
    .label("what follows is not looked at")
    .help("is this an .aster file?")
}

pub(crate) fn missing_package(span: Span) -> Diagnostic {
    Diagnostic::error(Code::MissingPackage, span, "this file has no package")
        .label("the first statement must be `package`")
        .help("begin the file with a line such as `package shop.orders;`")
}

pub(crate) fn duplicate_package(second: Span, first: Span) -> Diagnostic {
    Diagnostic::error(Code::DuplicatePackage, second, "a file has exactly one package")
        .label("a second `package` line")
        .at(first, "the first one is here")
        .help("put the declarations of another package into their own file")
}

pub(crate) fn misplaced_package(span: Span) -> Diagnostic {
    Diagnostic::error(Code::MisplacedPackage, span, "the `package` line comes first")
        .label("something stands before it")
        .help("move it to the top, before imports and declarations")
}

pub(crate) fn misplaced_import(span: Span) -> Diagnostic {
    Diagnostic::error(Code::MisplacedImport, span, "imports come before declarations")
        .label("a declaration stands before this import")
        .help("move it up, below the `package` line")
}

pub(crate) fn attribute_on(span: Span, name: &str, what: &str) -> Diagnostic {
    Diagnostic::error(
        Code::MisplacedAttribute,
        span,
        format!("`@{name}` does not apply to {what}"),
    )
    .label("no attribute is allowed here")
    .edit(span, "")
}

/// `double` when another one stands before it.
pub(crate) fn unneeded_semicolon(span: Span, double: bool) -> Diagnostic {
    let (label, help) = if double {
        ("the statement has ended already", "remove it: one `;` is enough")
    } else {
        ("no statement stands before it", "remove it: a `}` needs no `;`")
    };
    Diagnostic::error(Code::UnexpectedToken, span, "this `;` ends nothing")
        .label(label)
        .help(help)
        .edit(span, "")
}

/// `public message …`; `with_blank` is the word with what separates it from the keyword.
pub(crate) fn modifier(span: Span, with_blank: Span, word: &str) -> Diagnostic {
    Diagnostic::error(
        Code::UnexpectedToken,
        span,
        format!("declarations are never marked `{word}`"),
    )
    .label("everything in a file can be imported")
    .help("remove it")
    .edit(with_blank, "")
}

pub(crate) fn method_outside(span: Span) -> Diagnostic {
    Diagnostic::error(Code::UnexpectedToken, span, "a method belongs in a service")
        .label("not in a service")
        .help("put it into one: `service Name { rpc … }`; is a `}` above it too early?")
}

pub(crate) fn reserved_outside(span: Span) -> Diagnostic {
    Diagnostic::error(
        Code::UnexpectedToken,
        span,
        "a `reserved` statement belongs in a message, enum or union",
    )
    .label("not in one of them")
    .help(
        "put it into the declaration whose names or numbers must not come back; is a `}` above it too early?",
    )
}

/// `syntax = "proto3";`, `option … = …;`
pub(crate) fn no_such_line(span: Span, word: &str, why: &str) -> Diagnostic {
    Diagnostic::error(Code::UnexpectedToken, span, format!("there is no `{word}` line"))
        .label("not a declaration")
        .help(format!("remove it: {why}"))
}

/// `Order find(…);`
pub(crate) fn result_first(span: Span, result: &str, name: &str) -> Diagnostic {
    Diagnostic::error(Code::UnknownKeyword, span, "a method begins with `rpc`")
        .label(format!("`{result}` stands behind the arrow"))
        .help(format!("write `rpc {name}(…) -> {result};`"))
}

/// A declaration begins with `word`; `meant` is the keyword that was probably meant.
pub(crate) fn unknown_keyword(span: Span, word: &str, meant: Option<&str>) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::UnknownKeyword, span, format!("`{word}` is not a keyword"));
    match meant {
        Some(meant) => diagnostic
            .label(format!("`{meant}` is expected here"))
            .help(format!("did you mean `{meant}`?"))
            .edit(span, meant),
        None => diagnostic
            .label("a declaration is expected here")
            .help("a declaration begins with `message`, `enum`, `union`, `service`, `type` or `const`"),
    }
}

pub(crate) fn not_a_declaration(span: Span, found: &str) -> Diagnostic {
    Diagnostic::error(Code::UnexpectedToken, span, format!("expected a declaration, found {found}"))
        .label("not in a message, enum, union or service")
        .help("a declaration begins with `message`, `enum`, `union`, `service`, `type` or `const`; is a `}` above it too early?")
}

pub(crate) fn method_keyword(span: Span, word: &str, insert: bool) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::UnknownKeyword, span, "a method begins with `rpc`");
    if insert {
        return diagnostic
            .label("`rpc` is missing")
            .help(format!("write `rpc {word}(…)`"))
            .edit(
                Span {
                    end: span.start,
                    ..span
                },
                "rpc ",
            );
    }
    diagnostic
        .label(format!("`{word}` is not `rpc`"))
        .help("did you mean `rpc`?")
        .edit(span, "rpc")
}

pub(crate) fn not_a_method(span: Span, found: &str) -> Diagnostic {
    Diagnostic::error(
        Code::UnexpectedToken,
        span,
        format!("expected a method, found {found}"),
    )
    .help("a method is written `rpc name(Request) -> Reply;` or `rpc name(a: string, b: int32) -> Reply;`")
}

pub(crate) fn nested(span: Span, keyword: &str, name: &str, outer: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::NestedDeclaration,
        span,
        format!("`{name}` is declared inside another declaration"),
    )
    .label("declarations do not nest")
    .at(outer, "inside this one");
    if keyword == "oneof" {
        return diagnostic.help("declare a `union` at the top level and add a field of its type");
    }
    diagnostic.help("move it out, to the top level of the file; if a `}` is missing above it, add that")
}

/// What the grammar expected in a piece of source.
pub(crate) struct Expected<'a> {
    /// Where the unexpected token begins.
    pub(crate) found_at: Span,
    /// The token as it is named in a message.
    pub(crate) found: String,
    /// The last token before it, `None` at the start.
    pub(crate) before: Option<(Span, &'a str)>,
    /// Whether the token is on a later line than the one before it, or closes the block, or nothing follows.
    pub(crate) breaks: bool,
    /// What would have been right.
    pub(crate) rules: &'a [Rule],
    /// What is being read.
    pub(crate) what: What,
    /// Where the statement begins.
    pub(crate) start: usize,
    /// What was probably meant.
    pub(crate) advice: Option<Advice>,
}

/// The pieces of source, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Package,
    Import,
    Alias,
    Constant,
    Message,
    Enum,
    Union,
    Service,
    Field,
    EnumValue,
    Case,
    Method,
    Reserved,
    Attribute,
}

impl What {
    fn noun(self) -> &'static str {
        match self {
            Self::Package => "package line",
            Self::Import => "import",
            Self::Alias => "alias",
            Self::Constant => "constant",
            Self::Message => "message",
            Self::Enum => "enum",
            Self::Union => "union",
            Self::Service => "service",
            Self::Field => "field",
            Self::EnumValue => "enum value",
            Self::Case => "case",
            Self::Method => "method",
            Self::Reserved => "`reserved` statement",
            Self::Attribute => "attribute",
        }
    }

    pub(super) fn form(self) -> &'static str {
        match self {
            Self::Package => "a package line is written `package shop.orders;`",
            Self::Import => {
                "an import is written `import \"shop/orders.aster\";` or `import \"shop/orders.aster\" as orders;`"
            }
            Self::Alias => "an alias is written `type UserId = string;`",
            Self::Constant => "a constant is written `const LIMIT: int32 = 10;`",
            Self::Message => "a message is written `message Name { field: type; }`",
            Self::Enum => "an enum is written `enum Name { FIRST = 0; SECOND = 1; }`",
            Self::Union => "a union is written `union Name { first: Type = 1; second: string = 2; }`",
            Self::Service => "a service is written `service Name { rpc method(Request) -> Reply; }`",
            Self::Field => "a field is written `name: type;`, with a default `name: type = value;`",
            Self::EnumValue => "an enum value is written `NAME = 1;`",
            Self::Case => "a case is written `name: type = 1;`",
            Self::Method => "a method is written `rpc name(Request) -> Reply;`; without an answer, `-> ()`",
            Self::Reserved => {
                "names are reserved with `reserved \"old\", \"older\";`, numbers of enums and unions with `reserved 3;`"
            }
            Self::Attribute => "an attribute is written `@name`, `@name(value)` or `@name(argument: value)`",
        }
    }
}

pub(crate) fn expected(error: &Expected<'_>) -> Diagnostic {
    let wanted = wanted(error.rules, error.what);
    let after = match error.before {
        Some((_, token)) => format!(" after `{token}`"),
        None => String::new(),
    };
    if error.rules.contains(&Rule::semicolon) && error.breaks {
        let place = error.before.map_or(error.found_at, |(span, _)| span).after();
        return Diagnostic::error(Code::MissingSemicolon, place, format!("missing `;`{after}"))
            .label(format!("the {} ends here with a `;`", error.what.noun()))
            .help("add `;`")
            .edit(place, ";");
    }
    // Where a line or block just stops, the place is behind what is there.
    let (span, found) = match error.before {
        Some((span, _)) if error.breaks => (span.after(), &error.found),
        _ => (error.found_at, &error.found),
    };
    let list = or_list(&wanted);
    let message = if error.what == What::Attribute && error.found == "`@`" {
        "this `@` has no name behind it".to_owned()
    } else {
        format!("expected {list}{after}, found {found}")
    };
    let Some(advice) = &error.advice else {
        return Diagnostic::error(Code::UnexpectedToken, span, message)
            .label(format!("expected {list}"))
            .help(error.what.form());
    };
    let place =
        |range: &Range<usize>| Span::new(span.file, error.start + range.start, error.start + range.end);
    let diagnostic = match (&advice.message, &advice.at) {
        (Some(message), at) => Diagnostic::error(
            Code::UnexpectedToken,
            at.as_ref().map_or(span, place),
            message.clone(),
        ),
        (None, at) => Diagnostic::error(Code::UnexpectedToken, at.as_ref().map_or(span, place), message)
            .label(format!("expected {list}")),
    };
    let diagnostic = diagnostic.help(advice.help.clone());
    match &advice.edit {
        Some((range, text)) => diagnostic.edit(place(range), text.clone()),
        None => diagnostic,
    }
}

/// What was expected, in words, most telling first.
fn wanted(rules: &[Rule], what: What) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let value = rules.contains(&Rule::path) && rules.contains(&Rule::string);
    for rule in rules {
        let text = match rule {
            Rule::string | Rule::number | Rule::list_value | Rule::map_value | Rule::path if value => {
                "a value".to_owned()
            }
            rule => describe(*rule, what),
        };
        if !out.contains(&text) {
            out.push(text);
        }
    }
    // `?` may follow any type, and a comma almost anything: they tell nothing.
    if out.len() > 1 {
        out.retain(|text| text != "`?`" && text != "`@`");
    }
    if out.iter().any(|text| text == "`;`") {
        out.retain(|text| text == "`;`");
    }
    out
}

fn describe(rule: Rule, what: What) -> String {
    let text = match rule {
        Rule::colon => "`:`",
        Rule::semicolon => "`;`",
        Rule::comma => "`,`",
        Rule::equals => "`=`",
        Rule::arrow => "`->`",
        Rule::question => "`?`",
        Rule::open_angle => "`<`",
        Rule::close_angle => "`>`",
        Rule::open_paren | Rule::request => "`(`",
        Rule::close_paren => "`)`",
        Rule::open_bracket | Rule::list_value => "`[`",
        Rule::close_bracket => "`]`",
        Rule::open_brace | Rule::map_value => "`{`",
        Rule::close_brace => "`}`",
        Rule::kw_stream => "`stream`",
        Rule::kw_as => "`as`",
        Rule::number => "a number",
        Rule::string => "a string in quotes",
        Rule::reserved_body | Rule::reserved_item => "a name in quotes or a number",
        Rule::ty | Rule::type_name | Rule::list_type | Rule::set_type | Rule::map_type => "a type",
        Rule::result => "a type or `()`",
        Rule::unit => "`()`",
        Rule::attribute | Rule::attributes | Rule::attribute_name => "an attribute",
        Rule::argument | Rule::argument_name => "an argument",
        Rule::parameter => "a parameter",
        Rule::path | Rule::package_body => "a name",
        _ => return format!("the {}'s name", what.noun()),
    };
    text.to_owned()
}

fn or_list(items: &[String]) -> String {
    match items {
        [] => "something else".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}
