//! What resolving has to say about services, methods and attributes.

use super::super::attributes::Target;
use super::super::services::Side;
use super::quoted;
use crate::ast::{Declaration, Expression, Method, Name, Path, Value};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::model::Made;
use crate::parse::shorten;
use crate::source::Span;

pub(in crate::resolve) fn method_underscore(name: &Name) -> Diagnostic {
    let better = name.text.trim_start_matches('_');
    let diagnostic = Diagnostic::error(
        Code::MethodUnderscore,
        name.span,
        "a method's name does not begin with `_`",
    )
    .label("such names are kept for the runtime");
    if better.is_empty() {
        diagnostic
    } else {
        diagnostic
            .help(format!("write `{better}`"))
            .edit(name.span, better)
    }
}

pub(in crate::resolve) fn invalid_request(span: Span, what: &str, written: &str) -> Diagnostic {
    Diagnostic::error(
        Code::InvalidRequest,
        span,
        format!("a request is a message or a parameter list, not `{what}`"),
    )
    .label("not a message")
    .help(format!(
        "name it, and it is a parameter: `(value: {})`",
        shorten(written)
    ))
    .edit(
        Span {
            end: span.start,
            ..span
        },
        "value: ",
    )
}

pub(in crate::resolve) fn stream_of_parameters(span: Span) -> Diagnostic {
    Diagnostic::error(Code::InvalidStream, span, "a stream of requests needs one type, not a parameter list")
        .label("what is each item?")
        .help("declare a message with these fields and write `(stream Message)`, or `(stream int32)` for bare values")
}

pub(in crate::resolve) fn stream_of_nothing(span: Span) -> Diagnostic {
    Diagnostic::error(
        Code::InvalidStream,
        span,
        "a stream needs a type: `()` goes with unary and client streaming methods",
    )
    .label("what is each item?")
    .help("write `-> ()` to answer nothing, or `-> stream Message`")
}

fn purpose(side: Side, made: Made) -> &'static str {
    match (side, made) {
        (_, Made::Request) => "its parameters",
        (Side::Request, _) => "the items it takes",
        (_, Made::EmptyResponse) => "its empty answer",
        (_, Made::ResponseValue) => "its result",
        (_, Made::ItemValue) => "the items it sends",
    }
}

fn other_name(method: &Method, side: Side) -> String {
    let side = match side {
        Side::Request => "request",
        Side::Response => "response",
    };
    format!(
        "or name the made one otherwise: `@names({side}: \"…\")` on `{}`",
        method.name.text
    )
}

/// `declared` has the name of the message that would be made.
pub(in crate::resolve) fn made_name_taken(
    span: Span,
    method: &Method,
    name: &str,
    side: Side,
    made: Made,
    declared: &Declaration,
) -> Diagnostic {
    let what = declared.kind.describe();
    let diagnostic = Diagnostic::error(
        Code::MadeNameTaken,
        span,
        format!(
            "`{}` makes a message `{name}`, but that name is taken",
            method.name.text
        ),
    )
    .label(format!("makes `{name}` for {}", purpose(side, made)))
    .at(
        declared.name.span,
        format!("{what} of that name is declared here"),
    );
    let use_it = match (side, made) {
        (Side::Request, Made::Request) => format!("if it is the same, use it: `({name})`"),
        (Side::Response, Made::EmptyResponse | Made::ResponseValue) => {
            format!("if it is the same, use it: `-> {name}`")
        }
        _ => format!("if it is the same, use it: `stream {name}`"),
    };
    diagnostic.help(use_it).help(other_name(method, side))
}

/// Another method makes a different message of that name; `first` is its name.
pub(in crate::resolve) fn made_names_differ(
    span: Span,
    method: &Method,
    name: &str,
    side: Side,
    first: Span,
    difference: &str,
) -> Diagnostic {
    Diagnostic::error(
        Code::MadeNameTaken,
        span,
        format!("two methods make a message `{name}`, and they differ: {difference}"),
    )
    .label(format!("makes another `{name}`"))
    .at(first, format!("`{name}` is made here first"))
    .help(format!(
        "declare a message for one of them, {}",
        other_name(method, side)
    ))
}

pub(in crate::resolve) fn unused_names(span: Span, side: Side) -> Diagnostic {
    let what = match side {
        Side::Request => "request",
        Side::Response => "response",
    };
    Diagnostic::error(
        Code::UnusedNames,
        span,
        format!("no {what} message is made here that this could name"),
    )
    .label("names nothing")
    .help(format!(
        "the {what} is a message with a name of its own: remove this argument"
    ))
}

pub(in crate::resolve) fn unknown_attribute(
    name: &Path,
    candidates: impl Iterator<Item = &'static str>,
    target: Target,
) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::UnknownAttribute,
        name.span,
        format!("there is no attribute `@{}`", shorten(&name.text)),
    );
    let meant = match name.text.as_str() {
        "depricated" | "obsolete" => Some("deprecated"),
        "rename" | "renamed" | "renamed_from" | "previously" => Some("was"),
        "deadline" => Some("timeout"),
        "role" | "roles" | "auth" | "permission" => Some("requires"),
        other => nearest(other, candidates),
    };
    match meant {
        Some(meant) => diagnostic
            .label(format!("not an attribute of {}", target.noun()))
            .help(format!("did you mean `@{meant}`?"))
            .edit(name.span, format!("@{meant}")),
        None => diagnostic.label("unknown attribute").help(format!(
            "attributes of other tools have a name with a dot, as in `@acme.{0}` or `@{0}.name`",
            name.text
        )),
    }
}

pub(in crate::resolve) fn misplaced_attribute(
    span: Span,
    name: &str,
    noun: &str,
    owners: &str,
) -> Diagnostic {
    Diagnostic::error(
        Code::MisplacedAttribute,
        span,
        format!("`@{name}` does not apply to {noun}"),
    )
    .label(format!("it applies to {owners}"))
    .help("remove it, or move it to where it applies")
}

pub(in crate::resolve) fn repeated_attribute(second: Span, first: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        Code::RepeatedAttribute,
        second,
        format!("`@{name}` stands here twice"),
    )
    .label("the same attribute again")
    .at(first, "first given here")
    .help("keep one of them")
}

pub(in crate::resolve) fn missing_argument(span: Span, name: &str, form: &str) -> Diagnostic {
    Diagnostic::error(
        Code::MissingArgument,
        span,
        format!("`@{name}` needs an argument"),
    )
    .label("the argument is missing")
    .help(format!("write it as in `{form}`"))
}

pub(in crate::resolve) fn named_argument(argument: &Name, value: Span, name: &str, form: &str) -> Diagnostic {
    let whole = Span {
        end: value.start,
        ..argument.span
    };
    Diagnostic::error(
        Code::UnknownArgument,
        argument.span,
        format!("`@{name}` has no argument named `{}`", argument.text),
    )
    .label("its argument has no name")
    .help(format!("write it as in `{form}`"))
    .edit(whole, "")
}

pub(in crate::resolve) fn extra_argument(span: Span, name: &str, form: &str) -> Diagnostic {
    Diagnostic::error(
        Code::UnknownArgument,
        span,
        format!("`@{name}` takes one argument"),
    )
    .label("one too many")
    .help(format!("write it as in `{form}`"))
}

pub(in crate::resolve) fn no_arguments(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        Code::UnknownArgument,
        span,
        format!("`@{name}` takes no argument"),
    )
    .label("not expected here")
    .help(format!("write `@{name}`"))
}

pub(in crate::resolve) fn unnamed_argument(span: Span, name: &str, names: &[&str], form: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::UnknownArgument,
        span,
        format!("the arguments of `@{name}` are named"),
    )
    .label(format!("which one is it: {}?", quoted(names.iter().copied())))
    .help(format!("write it as in `{form}`"));
    match (name, names.first()) {
        ("deprecated" | "requires", Some(first)) => diagnostic.edit(
            Span {
                end: span.start,
                ..span
            },
            format!("{first}: "),
        ),
        _ => diagnostic,
    }
}

pub(in crate::resolve) fn unknown_argument(argument: &Name, name: &str, names: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::UnknownArgument,
        argument.span,
        format!("`@{name}` has no argument named `{}`", shorten(&argument.text)),
    )
    .label("unknown argument");
    match nearest(&argument.text, names.iter().copied()) {
        Some(meant) => diagnostic
            .help(format!("did you mean `{meant}`?"))
            .edit(argument.span, meant),
        None => diagnostic.help(format!("it has {}", quoted(names.iter().copied()))),
    }
}

pub(in crate::resolve) fn repeated_argument(second: Span, first: Span, name: &str) -> Diagnostic {
    Diagnostic::error(
        Code::RepeatedArgument,
        second,
        format!("the argument `{name}` is given twice"),
    )
    .label("given again")
    .at(first, "first given here")
    .help("keep one of them")
}

pub(in crate::resolve) fn argument_kind(value: &Expression, needed: &str, form: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::InvalidArgument,
        value.span,
        format!("{needed} is needed here"),
    )
    .label("not the right kind of value")
    .help(format!("write it as in `{form}`"));
    match &value.value {
        Value::Path(path) if needed.starts_with("a string") => {
            diagnostic.edit(value.span, format!("\"{path}\""))
        }
        _ => diagnostic,
    }
}

pub(in crate::resolve) fn not_one_of(value: &Expression, what: &str, words: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::InvalidArgument,
        value.span,
        format!("a {what} is {}", words_or(words)),
    )
    .label("neither of them");
    let written = match &value.value {
        Value::Path(word) | Value::String(word) => word.as_str(),
        _ => return diagnostic,
    };
    let same = words
        .iter()
        .copied()
        .find(|word| word.eq_ignore_ascii_case(written));
    match same.or_else(|| nearest(written, words.iter().copied())) {
        Some(meant) => diagnostic
            .help(format!("did you mean `{meant}`?"))
            .edit(value.span, meant),
        None => diagnostic,
    }
}

fn words_or(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(" or ")
}

pub(in crate::resolve) fn version_range(span: Span) -> Diagnostic {
    Diagnostic::error(Code::OutOfRange, span, "a version is an integer of 32 bits")
        .label("the range is -2147483648 … 2147483647")
}

pub(in crate::resolve) fn integer_too_large(span: Span) -> Diagnostic {
    Diagnostic::error(Code::OutOfRange, span, "this number is too large")
        .label("beyond what any type here holds")
}

pub(in crate::resolve) fn timeout_not_positive(span: Span) -> Diagnostic {
    Diagnostic::error(Code::InvalidTimeout, span, "a timeout is longer than nothing")
        .label("no call could be answered in time")
        .help("write a time above zero; without a timeout, leave the attribute out")
}

pub(in crate::resolve) fn empty_list(span: Span, name: &str, what: &str, form: &str) -> Diagnostic {
    Diagnostic::error(
        Code::EmptyList,
        span,
        format!("`@{name}` needs at least one {what}"),
    )
    .label(format!("no {what} is named"))
    .help(format!("write it as in `{form}`, or remove the attribute"))
}

pub(in crate::resolve) fn repeated_role(span: Span, role: &str) -> Diagnostic {
    Diagnostic::error(
        Code::RepeatedRole,
        span,
        format!("the role `{}` is named twice", shorten(role)),
    )
    .label("named again")
    .help("remove it; one role alone is written `role: \"…\"`")
}

pub(in crate::resolve) fn repeated_mode(span: Span, mode: &str) -> Diagnostic {
    Diagnostic::error(
        Code::RepeatedMode,
        span,
        format!("the serialization mode `{mode}` is named twice"),
    )
    .label("named again")
    .help("remove it")
}

pub(in crate::resolve) fn invalid_role(span: Span, role: &str, why: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::InvalidRole,
        span,
        format!("this is not the name of a role: {why}"),
    )
    .label("not a role");
    let parts: Vec<&str> = role
        .split([',', ' '])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() > 1 && parts.iter().all(|part| part.len() < 40) {
        let list: Vec<String> = parts.iter().map(|part| format!("\"{part}\"")).collect();
        return diagnostic.help(format!(
            "several roles are a list: `any_of: [{0}]` when one of them is enough, `all_of: [{0}]` when all are needed",
            list.join(", ")
        ));
    }
    diagnostic.help("a role has 1 to 128 characters, and no blank or comma among them")
}

pub(in crate::resolve) fn requires_exactly_one(span: Span) -> Diagnostic {
    Diagnostic::error(
        Code::InvalidArgument,
        span,
        "`@requires` takes exactly one of `role`, `any_of` and `all_of`",
    )
    .label("more than one is given")
    .help("put all roles into one list: `any_of` when one of them is enough, `all_of` when all are needed")
}

pub(in crate::resolve) fn was_itself(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidArgument, span, format!("it is still named `{name}`"))
        .label("the same name")
        .help("`@was` records the name it had before")
}
