//! Line breaks as `prettier` makes them with lines of 100 columns, for the few shapes of code that are generated.
//!
//! A [`Doc`] is text with the places where its lines may be broken. A group is printed in one line where it fits, else all
//! its own places are broken.

use std::rc::Rc;
use unicode_width::UnicodeWidthStr;

/// Columns of a line.
pub(super) const WIDTH: usize = 100;
const TAB: usize = 2;

/// Code before its lines are broken.
#[derive(Clone, Debug)]
pub(super) enum Doc {
    Text(String),
    Concat(Vec<Doc>),
    /// In one line where it fits.
    Group(Box<Doc>),
    /// Two columns deeper in lines that begin inside.
    Indent(Box<Doc>),
    /// A space or the end of a line.
    Line,
    /// Nothing or the end of a line.
    Soft,
    /// A call whose last argument is a function: in one line where it fits, else with the head of the function in the first,
    /// unless that is too long or must not be.
    Hug {
        /// Columns up to the end of the head.
        head: Option<usize>,
        hugged: Box<Doc>,
        broken: Box<Doc>,
    },
    /// Text that is there only where the lines of the group are broken.
    IfBroken(&'static str),
    /// What stands in several places, of which one is printed: copies inside copies would double with each level.
    Shared(Rc<Doc>),
}

pub(super) fn text(text: impl Into<String>) -> Doc {
    Doc::Text(text.into())
}

pub(super) fn concat(docs: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Concat(docs.into_iter().collect())
}

pub(super) fn group(docs: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Group(Box::new(concat(docs)))
}

pub(super) fn indent(docs: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Indent(Box::new(concat(docs)))
}

/// The items with a comma and a place to break between them.
pub(super) fn separated(items: impl IntoIterator<Item = Doc>) -> Vec<Doc> {
    let mut out = Vec::new();
    for item in items {
        if !out.is_empty() {
            out.extend([text(","), Doc::Line]);
        }
        out.push(item);
    }
    out
}

/// `function(argument, argument)`, each on its own line where they do not fit.
pub(super) fn call(function: impl Into<String>, arguments: impl IntoIterator<Item = Doc>) -> Doc {
    let arguments = separated(arguments);
    if arguments.is_empty() {
        return text(function.into() + "()");
    }
    group([
        text(function.into() + "("),
        indent([Doc::Soft].into_iter().chain(arguments)),
        Doc::IfBroken(","),
        Doc::Soft,
        text(")"),
    ])
}

/// `{ property, property }`.
pub(super) fn object(properties: Vec<Doc>) -> Doc {
    group([
        text("{"),
        indent([Doc::Line].into_iter().chain(separated(properties))),
        Doc::IfBroken(","),
        Doc::Line,
        text("}"),
    ])
}

/// `base<argument, argument>`.
pub(super) fn generic(base: impl Into<String>, arguments: Vec<Doc>) -> Doc {
    let open = text(base.into() + "<");
    match arguments.as_slice() {
        // there is nothing to break at
        [Doc::Text(_)] => concat([open, concat(arguments), text(">")]),
        _ => group([
            open,
            indent([Doc::Soft].into_iter().chain(separated(arguments))),
            Doc::Soft,
            text(">"),
        ]),
    }
}

/// `before(parameters): result`, with `after` behind it.
pub(super) fn signature(before: &str, parameters: Vec<Doc>, result: Option<Doc>, after: &str) -> Doc {
    let open = text(format!("{before}("));
    let parameters = if parameters.is_empty() {
        Vec::new()
    } else {
        vec![
            indent([Doc::Soft].into_iter().chain(separated(parameters))),
            Doc::IfBroken(","),
            Doc::Soft,
        ]
    };
    let result = result.map(|result| concat([text(": "), result]));
    let close = [text(")")].into_iter().chain(result).chain([text(after)]);
    group([open].into_iter().chain(parameters).chain(close))
}

/// `head` and its value, which goes to a line of its own where both do not fit into one; `after` follows.
pub(super) fn on_its_own_line(head: &str, value: Doc, after: &str) -> Doc {
    group([
        text(head),
        indent([Doc::Line, Doc::Group(Box::new(value)), text(after)]),
    ])
}

/// `head = function(argument, argument);`: the call goes to the next line where even its beginning does not fit.
pub(super) fn assigned_call(head: &str, function: &str, arguments: impl IntoIterator<Item = Doc>) -> Doc {
    let value = call(function, arguments);
    let line = format!("{head} = {function}(");
    if width(&line) <= WIDTH {
        concat([text(format!("{head} = ")), value, text(";")])
    } else {
        concat([text(format!("{head} =\n  ")), indent([value]), text(";")])
    }
}

/// `function(argument, (name) => body)`: where it does not fit into a line, the body has its own.
pub(super) fn with_function(function: &str, argument: Option<&str>, name: &str, body: Doc) -> Doc {
    let before = argument.map_or_else(String::new, |argument| format!("{argument}, "));
    let head = format!("{function}({before}({name}) =>");
    let is_operator =
        matches!(&body, Doc::Concat(parts) if parts.iter().any(|part| matches!(part, Doc::Line)));
    let body = Rc::new(body);
    let shared = || Doc::Shared(Rc::clone(&body));
    let hugged = concat([
        text(&head),
        indent([Doc::Line, shared()]),
        Doc::IfBroken(","),
        Doc::Soft,
        text(")"),
    ]);
    let last = group([
        text(format!("({name}) =>")),
        indent([Doc::Line, group([shared()])]),
    ]);
    let arguments = argument.map(text).into_iter().chain([last]);
    let broken = concat([
        text(format!("{function}(")),
        indent([Doc::Soft].into_iter().chain(separated(arguments))),
        Doc::IfBroken(","),
        Doc::Soft,
        text(")"),
    ]);
    Doc::Hug {
        head: (!is_operator).then(|| width(&head)),
        hugged: Box::new(hugged),
        broken: Box::new(broken),
    }
}

/// `for (let start; condition; step) {`
pub(super) fn repeat(start: &str, condition: &str, step: &str) -> Doc {
    let parts = [
        Doc::Soft,
        text(format!("let {start};")),
        Doc::Line,
        text(format!("{condition};")),
        Doc::Line,
        text(step),
    ];
    group([text("for ("), indent(parts), Doc::Soft, text(") {")])
}

/// What is printed of a doc that begins at an indentation of `indent`.
pub(super) fn print(doc: &Doc, indent: usize) -> String {
    let mut out = String::new();
    let mut column = indent;
    let mut open = vec![(indent, false, doc)];
    while let Some((indent, flat, doc)) = open.pop() {
        match doc {
            Doc::Text(text) => {
                out.push_str(text);
                column += width(text);
            }
            Doc::Concat(docs) => open.extend(docs.iter().rev().map(|doc| (indent, flat, doc))),
            Doc::Indent(doc) => open.push((indent + TAB, flat, doc)),
            Doc::Shared(doc) => open.push((indent, flat, doc)),
            Doc::Group(doc) => {
                let flat = flat || fits(doc, &open, WIDTH.saturating_sub(column));
                open.push((indent, flat, doc));
            }
            Doc::Hug { hugged, .. } if flat => open.push((indent, true, hugged)),
            Doc::Hug { head, hugged, broken } => {
                let left = WIDTH.saturating_sub(column);
                if fits(hugged, &open, left) {
                    open.push((indent, true, hugged));
                } else if head.is_some_and(|head| head <= left) {
                    open.push((indent, false, hugged));
                } else {
                    open.push((indent, false, broken));
                }
            }
            Doc::Line if flat => {
                out.push(' ');
                column += 1;
            }
            Doc::Soft if flat => {}
            Doc::Line | Doc::Soft => {
                out.truncate(out.trim_end_matches(' ').len());
                out.push('\n');
                out.extend(std::iter::repeat_n(' ', indent));
                column = indent;
            }
            Doc::IfBroken(_) if flat => {}
            Doc::IfBroken(text) => {
                out.push_str(text);
                column += width(text);
            }
        }
    }
    out
}

/// Whether a doc in one line, and what stands behind it there, needs no more than `left` columns.
fn fits(doc: &Doc, behind: &[(usize, bool, &Doc)], left: usize) -> bool {
    let mut left = left;
    let mut behind = behind.iter().rev();
    let mut open = vec![(true, doc)];
    loop {
        let Some((flat, doc)) = open.pop() else {
            match behind.next() {
                None => return true,
                Some((_, flat, doc)) => open.push((*flat, doc)),
            }
            continue;
        };
        let used = match doc {
            Doc::Text(text) => width(text),
            Doc::Concat(docs) => {
                open.extend(docs.iter().rev().map(|doc| (flat, doc)));
                0
            }
            // a group that is not open yet would be in one line if it can
            Doc::Group(doc) => {
                open.push((flat, doc));
                0
            }
            Doc::Indent(doc) | Doc::Hug { hugged: doc, .. } => {
                open.push((flat, doc));
                0
            }
            Doc::Shared(doc) => {
                open.push((flat, doc));
                0
            }
            Doc::Line if flat => 1,
            Doc::Line | Doc::Soft if !flat => return true,
            Doc::IfBroken(text) if !flat => width(text),
            Doc::Line | Doc::Soft | Doc::IfBroken(_) => 0,
        };
        match left.checked_sub(used) {
            Some(rest) => left = rest,
            None => return false,
        }
    }
}

/// Columns of a text.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(letter: &str) -> Doc {
        text(letter.repeat(30))
    }

    #[test]
    fn what_fits_stays_in_a_line() {
        let doc = concat([call("f", [text("a"), text("b")]), text(";")]);
        assert_eq!(print(&doc, 4), "f(a, b);");
    }

    #[test]
    fn the_outermost_group_is_broken_first() {
        let inner = call("inner", [long("a"), long("b")]);
        let doc = concat([call("outer", [inner, long("c")]), text(";")]);
        let (a, b, c) = ("a".repeat(30), "b".repeat(30), "c".repeat(30));
        assert_eq!(print(&doc, 0), format!("outer(\n  inner({a}, {b}),\n  {c},\n);"));
    }

    #[test]
    fn what_stands_behind_counts() {
        let ninety = "a".repeat(90);
        let doc = |after: &str| concat([call("f", [text(&ninety)]), text(after)]);
        assert_eq!(print(&doc("1234567"), 0), format!("f({ninety})1234567"));
        assert_eq!(print(&doc("12345678"), 0), format!("f(\n  {ninety},\n)12345678"));
    }
}
