//! What is wrong with fields, values, cases and what is reserved.

use crate::ast::Name;
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::shorten;
use crate::source::Span;

pub(in crate::resolve) fn duplicate_field(second: &Name, first: Span, owner: &Name) -> Diagnostic {
    duplicate(Code::DuplicateField, "fields", second, first, owner)
}

pub(in crate::resolve) fn duplicate_parameter(second: &Name, first: Span, owner: &Name) -> Diagnostic {
    duplicate(Code::DuplicateParameter, "parameters", second, first, owner)
}

pub(in crate::resolve) fn duplicate_method(second: &Name, first: Span, owner: &Name) -> Diagnostic {
    duplicate(Code::DuplicateMethod, "methods", second, first, owner)
}

pub(in crate::resolve) fn duplicate_value(second: &Name, first: Span, owner: &Name) -> Diagnostic {
    duplicate(Code::DuplicateValue, "values", second, first, owner)
}

pub(in crate::resolve) fn duplicate_case(second: &Name, first: Span, owner: &Name) -> Diagnostic {
    duplicate(Code::DuplicateCase, "cases", second, first, owner)
}

fn duplicate(code: Code, what: &str, second: &Name, first: Span, owner: &Name) -> Diagnostic {
    Diagnostic::error(
        code,
        second.span,
        format!("`{}` has two {what} named `{}`", owner.text, second.text),
    )
    .label("the same name again")
    .at(first, "first used here")
    .help("rename or remove one of them")
}

pub(in crate::resolve) fn duplicate_number(
    span: Span,
    number: i32,
    first: &Name,
    owner: &Name,
) -> Diagnostic {
    Diagnostic::error(
        Code::DuplicateNumber,
        span,
        format!("`{}` uses the number {number} twice", owner.text),
    )
    .label("the same number again")
    .at(first.span, format!("`{}` has it already", first.text))
    .help("every number stands for one thing")
}

pub(in crate::resolve) fn empty_enum(name: &Name) -> Diagnostic {
    Diagnostic::error(
        Code::EmptyEnum,
        name.span,
        format!("the enum `{}` has no values", name.text),
    )
    .label("no value of this type could exist")
    .help("add a value, as in `NONE = 0;`")
}

pub(in crate::resolve) fn empty_union(name: &Name) -> Diagnostic {
    Diagnostic::error(
        Code::EmptyUnion,
        name.span,
        format!("the union `{}` has no cases", name.text),
    )
    .label("no value of this type could exist")
    .help("add a case, as in `text: string = 1;`")
}

pub(in crate::resolve) fn number_kind(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(Code::WrongType, span, format!("{what} needs an integer")).label("not an integer")
}

pub(in crate::resolve) fn number_range(span: Span, what: &str, least: i32) -> Diagnostic {
    Diagnostic::error(
        Code::NumberOutOfRange,
        span,
        format!("{what} has a number of {least} … 2147483647"),
    )
    .label("outside that range")
    .help("choose a number in that range; numbers may be sparse, and their order means nothing")
}

pub(in crate::resolve) fn invalid_case(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidCase, span, format!("a case cannot hold {what}"))
        .label("a case holds one message, enum or scalar")
        .help("declare a message with one field of this type, and use the message")
}

pub(in crate::resolve) fn too_many(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::error(
        Code::TooManyErrors,
        span,
        format!("there are more than {limit} errors"),
    )
    .label("what was found from here on is not reported")
    .help("mend the first ones and run again")
}

pub(in crate::resolve) fn too_many_fields(
    span: Span,
    owner: &Name,
    count: usize,
    limit: usize,
) -> Diagnostic {
    Diagnostic::error(
        Code::TooManyFields,
        span,
        format!("`{}` has {count} fields; {limit} are possible", owner.text),
    )
    .label(format!("number {}", limit + 1))
    .help("group some of them into a message of their own")
}

pub(in crate::resolve) fn reserved_name(name: &Name, reserved: Span) -> Diagnostic {
    Diagnostic::error(
        Code::ReservedName,
        name.span,
        format!("`{}` is reserved", name.text),
    )
    .label("this name must not come back")
    .at(reserved, "reserved here")
    .help("choose another name")
}

pub(in crate::resolve) fn reserved_number(span: Span, number: i32, reserved: Span) -> Diagnostic {
    Diagnostic::error(
        Code::ReservedNumber,
        span,
        format!("the number {number} is reserved"),
    )
    .label("this number must not come back")
    .at(reserved, "reserved here")
    .help("choose another number")
}

pub(in crate::resolve) fn reserved_twice(second: Span, first: Span) -> Diagnostic {
    Diagnostic::error(Code::InvalidReserved, second, "this is reserved twice")
        .label("reserved again")
        .at(first, "first reserved here")
        .edit(second, "")
}

pub(in crate::resolve) fn reserved_number_in_message(span: Span) -> Diagnostic {
    Diagnostic::error(
        Code::InvalidReserved,
        span,
        "fields have no numbers, so none can be reserved",
    )
    .label("a field's name in quotes is expected here")
    .help("fields are matched by name: `reserved \"old_name\";`")
}

pub(in crate::resolve) fn invalid_name(span: Span, text: &str, what: &str) -> Diagnostic {
    let code = if what == "a reserved name" {
        Code::InvalidReserved
    } else {
        Code::InvalidArgument
    };
    Diagnostic::error(code, span, format!("`{}` cannot be {what}", shorten(text)))
        .label("not a name")
        .help("a name begins with a letter or `_`, has letters, digits and `_`, and is no keyword where a type is named")
}
