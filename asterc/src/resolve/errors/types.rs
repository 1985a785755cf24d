//! What is wrong with types.

use super::{SHOWN, way};
use crate::ast::Name;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

pub(in crate::resolve) fn optional_twice(second: Span, first: Span) -> Diagnostic {
    Diagnostic::error(
        Code::OptionalTwice,
        second,
        "a type is optional once: `?` stands here twice",
    )
    .label("the second `?`")
    .at(first, "it is optional already")
    .help("remove one `?`")
    .edit(second, "")
}

pub(in crate::resolve) fn optional_alias(mark: Span, alias: &str, declared: Option<Span>) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        Code::OptionalTwice,
        mark,
        format!("`{alias}?` would be optional twice"),
    )
    .label("this `?` is the second one")
    .help("remove this `?`: the alias is optional itself")
    .edit(mark, "");
    match declared {
        Some(span) => diagnostic.at(span, format!("`{alias}` stands for an optional type")),
        None => diagnostic,
    }
}

pub(in crate::resolve) fn optional_key(span: Span, marked: bool, element: bool) -> Diagnostic {
    let (code, what) = if element {
        (Code::OptionalElement, "a set's element")
    } else {
        (Code::OptionalKey, "a map's key")
    };
    let diagnostic = Diagnostic::error(code, span, format!("{what} cannot be optional"));
    if marked {
        diagnostic.label("remove this `?`").edit(span, "")
    } else {
        diagnostic.label("this alias stands for an optional type")
    }
    .help("list elements and map values may be optional")
}

pub(in crate::resolve) fn invalid_key(span: Span, what: &str, element: bool) -> Diagnostic {
    let noun = if element { "a set's element" } else { "a map's key" };
    let diagnostic = Diagnostic::error(Code::InvalidKey, span, format!("{noun} cannot be `{what}`"))
        .label("not a type that every language can compare");
    if element {
        diagnostic.help(format!(
            "use `bool`, an integer, `string` or an enum; or a `list<{what}>`"
        ))
    } else {
        diagnostic.help("use `bool`, an integer, `string` or an enum")
    }
}

pub(in crate::resolve) fn type_too_deep(span: Span, depth: usize, limit: usize) -> Diagnostic {
    Diagnostic::error(
        Code::TypeTooDeep,
        span,
        format!("{depth} containers are inside each other here, aliases resolved"),
    )
    .label(format!("at most {limit} may be"))
    .help("put a message in between")
}

pub(in crate::resolve) fn recursive_alias(cycle: &[&Name]) -> Diagnostic {
    circle(
        Code::RecursiveAlias,
        cycle,
        "an alias stands for itself",
        "aliases are only names: use a message for a recursive type",
    )
}

pub(in crate::resolve) fn recursive_constant(cycle: &[&Name]) -> Diagnostic {
    circle(
        Code::RecursiveConstant,
        cycle,
        "a constant is defined by itself",
        "give one of them a literal value",
    )
}

fn circle(code: Code, cycle: &[&Name], message: &str, help: &str) -> Diagnostic {
    let Some(first) = cycle.first() else {
        unreachable!("a circle has a member");
    };
    let names: Vec<&str> = cycle.iter().map(|name| name.text.as_str()).collect();
    let mut diagnostic = Diagnostic::error(code, first.span, format!("{message}: {}", way(&names)))
        .label("the circle begins here");
    for name in cycle.iter().skip(1).take(SHOWN) {
        diagnostic = diagnostic.at(name.span, format!("`{}` is part of it", name.text));
    }
    diagnostic.help(help)
}

/// `steps` are the types of the members that lead on, and the members' names.
pub(in crate::resolve) fn infinite_type(
    names: &[&str],
    steps: &[(Span, &str)],
    union: bool,
) -> Option<Diagnostic> {
    let (span, member) = steps.first()?;
    let message = format!("`{}` can only be infinite: {}", names.first()?, way(names));
    let next = names.get(1).or(names.first())?;
    let mut diagnostic = Diagnostic::error(Code::InfiniteType, *span, message)
        .label(format!("a `{}` needs a `{next}` here", names.first()?));
    for (at, (span, _)) in steps.iter().enumerate().skip(1).take(SHOWN) {
        let next = names.get(at + 1).or(names.first())?;
        diagnostic = diagnostic.at(*span, format!("and that needs a `{next}`"));
    }
    Some(if union {
        diagnostic.help("add a case that ends it, for example a scalar")
    } else {
        diagnostic.help(format!(
            "make `{member}` optional (`{member}: {next}?`) or a list: then the value can end"
        ))
    })
}
