//! Line breaks as rustfmt makes them with its default configuration, for the few shapes of code that
//! are generated.

/// Columns of a line.
pub(super) const WIDTH: usize = 100;
/// Columns of the arguments of a call, of a chain of calls, and of an array in one line.
const CALL: usize = 60;
/// Columns of the fields of a struct literal in one line.
const LITERAL: usize = 18;
/// Elements of an array up to this wide share lines.
const SHORT_ELEMENT: usize = 10;
const TAB: usize = 4;

/// An expression, before its lines are broken.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    /// What is never broken.
    Text(String),
    /// `receiver.function(arguments).function(arguments)end`
    Chain {
        receiver: String,
        calls: Vec<Call>,
        end: &'static str,
    },
    /// `function(arguments)`
    Call(Call),
    /// `|parameters| body`
    Closure {
        head: String,
        body: Box<Expr>,
        /// What follows the body in braces: `;` behind what returns nothing.
        end: &'static str,
    },
    /// `|parameters| { statements; value }`
    Block { head: String, lines: Vec<String> },
    /// `name { field: value }`
    Literal {
        name: String,
        fields: Vec<(String, Option<Expr>)>,
    },
    /// `&[item, item]`
    Array(Vec<String>),
    /// `&[value, value]`, each on its own lines.
    Values(Vec<Expr>),
}

/// A function with its arguments.
#[derive(Clone, Debug)]
pub(super) struct Call {
    function: String,
    arguments: Vec<Expr>,
    /// A field or `await`, without parentheses.
    bare: bool,
}

impl Call {
    pub(super) fn new(function: impl Into<String>, arguments: Vec<Expr>) -> Self {
        Self {
            function: function.into(),
            arguments,
            bare: false,
        }
    }

    /// `.await`
    pub(super) fn wait() -> Self {
        Self {
            function: "await".to_owned(),
            arguments: Vec::new(),
            bare: true,
        }
    }

    pub(super) fn function(&self) -> &str {
        &self.function
    }

    pub(super) fn takes_nothing(&self) -> bool {
        self.arguments.is_empty()
    }

    /// Appends the call in one line, where rustfmt allows that; where it does not, something was appended all the same.
    fn write_line(&self, out: &mut String) -> bool {
        out.push_str(&self.function);
        if self.bare {
            return true;
        }
        out.push('(');
        let start = out.len();
        for (index, argument) in self.arguments.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            if !argument.write_line(out) || out.len() - start > CALL {
                return false;
            }
        }
        out.push(')');
        true
    }

    fn one_line(&self) -> Option<String> {
        let mut line = String::with_capacity(WIDTH);
        self.write_line(&mut line).then_some(line)
    }

    /// The call at `column` of a line that begins at `indent`, with `after` columns to follow.
    fn print(&self, indent: usize, column: usize, after: usize) -> String {
        if let Some(line) = self.one_line()
            && column + line.len() + after <= WIDTH
        {
            return line;
        }
        if let [literal @ Expr::Literal { .. }] = self.arguments.as_slice() {
            let open = column + self.function.len() + 1;
            return format!("{}({})", self.function, literal.print(indent, open, after + 1));
        }
        let closures = self
            .arguments
            .iter()
            .filter(|argument| matches!(argument, Expr::Closure { .. } | Expr::Block { .. }));
        if closures.count() == 1
            && let Some((last, others)) = self.arguments.split_last()
            && let Some(open) = last.closure_head()
        {
            let others: Option<Vec<String>> = others.iter().map(Expr::one_line).collect();
            if let Some(others) = others {
                let before: String = others.iter().map(|argument| format!("{argument}, ")).collect();
                let first = format!("{}({before}", self.function);
                if column + first.len() + open.len() + 2 <= WIDTH && before.len() + open.len() + 2 <= CALL {
                    return format!("{first}{})", last.print_block(indent));
                }
            }
        }
        let arguments: Vec<String> = self
            .arguments
            .iter()
            .map(|argument| argument.print(indent + TAB, indent + TAB, 1))
            .collect();
        vertical(&format!("{}(", self.function), &arguments, ")", indent)
    }
}

impl Expr {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn chain(receiver: impl Into<String>, calls: Vec<Call>, end: &'static str) -> Self {
        Self::Chain {
            receiver: receiver.into(),
            calls,
            end,
        }
    }

    /// `receiver.function(arguments)`
    pub(super) fn method(receiver: &str, call: Call) -> Self {
        Self::chain(receiver, vec![call], "")
    }

    pub(super) fn closure(head: impl Into<String>, body: Expr) -> Self {
        Self::Closure {
            head: head.into(),
            body: Box::new(body),
            end: "",
        }
    }

    /// A closure that returns nothing.
    pub(super) fn procedure(head: impl Into<String>, body: Expr) -> Self {
        Self::Closure {
            head: head.into(),
            body: Box::new(body),
            end: ";",
        }
    }

    pub(super) fn literal(name: impl Into<String>, fields: Vec<(String, Option<Expr>)>) -> Self {
        Self::Literal {
            name: name.into(),
            fields,
        }
    }

    /// The expression in one line, where rustfmt allows that.
    fn one_line(&self) -> Option<String> {
        let mut line = String::with_capacity(WIDTH);
        self.write_line(&mut line).then_some(line)
    }

    /// Appends the expression in one line, where rustfmt allows that; where it does not, something was appended all the
    /// same.
    fn write_line(&self, out: &mut String) -> bool {
        let start = out.len();
        match self {
            Self::Text(text) => out.push_str(text),
            Self::Call(call) => return call.write_line(out),
            Self::Chain { receiver, calls, end } => {
                out.push_str(receiver);
                for call in calls {
                    out.push('.');
                    if !call.write_line(out) {
                        return false;
                    }
                }
                out.push_str(end);
                let links = calls.len() + receiver.matches('.').count();
                return links == 1 || out.len() - start < CALL;
            }
            Self::Closure { head, body, .. } => {
                out.push_str(head);
                out.push(' ');
                return body.write_line(out);
            }
            Self::Block { .. } => return false,
            Self::Literal { name, fields } => {
                out.push_str(name);
                out.push_str(" {");
                let inner = out.len();
                for (index, (name, value)) in fields.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { " " });
                    out.push_str(name);
                    if let Some(value) = value {
                        out.push_str(": ");
                        if !value.write_line(out) {
                            return false;
                        }
                    }
                    // the blank in front is not one of the columns of the fields
                    if out.len() - inner > LITERAL + 1 {
                        return false;
                    }
                }
                out.push_str(if fields.is_empty() { "}" } else { " }" });
            }
            Self::Array(items) => {
                out.push_str("&[");
                let inner = out.len();
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push_str(", ");
                    }
                    out.push_str(item);
                    if out.len() - inner > CALL {
                        return false;
                    }
                }
                out.push(']');
            }
            Self::Values(values) => {
                out.push_str("&[]");
                return values.is_empty();
            }
        }
        true
    }

    /// The expression at `column` of a line that begins at `indent`, with `after` columns to follow.
    pub(super) fn print(&self, indent: usize, column: usize, after: usize) -> String {
        if let Some(line) = self.one_line()
            && column + line.len() + after <= WIDTH
        {
            return line;
        }
        match self {
            Self::Text(text) => text.clone(),
            Self::Call(call) => call.print(indent, column, after),
            Self::Chain { receiver, calls, end } => print_chain(receiver, calls, end, indent, column, after),
            Self::Closure { .. } | Self::Block { .. } => self.print_block(indent),
            Self::Literal { name, fields } => {
                let inner = indent + TAB;
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, value)| match value {
                        Some(value) => {
                            format!("{name}: {}", value.print(inner, inner + name.len() + 2, 1))
                        }
                        None => name.clone(),
                    })
                    .collect();
                vertical(&format!("{name} {{"), &fields, "}", indent)
            }
            Self::Array(items) if items.iter().all(|item| item.len() <= SHORT_ELEMENT) => {
                filled("&[", items, "]", indent)
            }
            Self::Array(items) => vertical("&[", items, "]", indent),
            Self::Values(values) => {
                if let [value] = values.as_slice() {
                    return format!("&[{}]", value.print(indent, column + 2, after + 1));
                }
                let inner = indent + TAB;
                let values: Vec<String> = values.iter().map(|value| value.print(inner, inner, 1)).collect();
                vertical("&[", &values, "]", indent)
            }
        }
    }

    fn closure_head(&self) -> Option<&str> {
        match self {
            Self::Closure { head, .. } | Self::Block { head, .. } => Some(head),
            _ => None,
        }
    }

    /// A closure with its body in braces.
    fn print_block(&self, indent: usize) -> String {
        let inner = indent + TAB;
        match self {
            Self::Closure { head, body, end } => {
                let mut out = format!("{head} {{");
                new_line(&mut out, inner);
                out.push_str(&body.print(inner, inner, end.len()));
                out.push_str(end);
                new_line(&mut out, indent);
                out.push('}');
                out
            }
            Self::Block { head, lines } => {
                let mut out = format!("{head} {{");
                for line in lines {
                    new_line(&mut out, inner);
                    out.push_str(line);
                }
                new_line(&mut out, indent);
                out.push('}');
                out
            }
            other => other.print(indent, indent, 0),
        }
    }
}

fn print_chain(
    receiver: &str,
    calls: &[Call],
    end: &str,
    indent: usize,
    column: usize,
    after: usize,
) -> String {
    if let [call] = calls {
        let in_line = call.one_line().is_some();
        let short = receiver.len() <= TAB || !receiver.contains('.');
        if short || !in_line {
            // the arguments break, the chain does not
            let column = column + receiver.len() + 1;
            return format!(
                "{receiver}.{}{end}",
                call.print(indent, column, after + end.len())
            );
        }
    }
    let inner = indent + TAB;
    let mut out = receiver.to_owned();
    // a receiver no wider than an indentation keeps its first call
    let mut rest = calls;
    let mut at = inner;
    if receiver.len() <= TAB
        && let [first, others @ ..] = calls
    {
        let text = first.print(indent, column + receiver.len() + 1, 0);
        if text.contains('\n') {
            at = indent;
        }
        out = format!("{receiver}.{text}");
        rest = others;
    }
    for call in rest {
        new_line(&mut out, at);
        out.push('.');
        out.push_str(&call.print(at, at + 1, after + end.len()));
    }
    out + end
}

/// `before(item, item)after` in one line that begins at `indent`, or with each item on its own.
pub(super) fn signature(before: &str, items: &[String], after: &str, indent: usize) -> String {
    let line = format!("{before}({}){after}", items.join(", "));
    // a semicolon or ` {` follows
    if indent + line.len() + 2 <= WIDTH {
        return line;
    }
    vertical(&format!("{before}("), items, &format!("){after}"), indent)
}

/// Begins a line at a column.
pub(super) fn new_line(out: &mut String, column: usize) {
    const BLANKS: &str = "                                ";
    out.push('\n');
    let mut rest = column;
    while rest > 0 {
        let part = rest.min(BLANKS.len());
        out.push_str(&BLANKS[..part]);
        rest -= part;
    }
}

/// One item on each line, one level deeper than `indent`.
fn vertical(open: &str, items: &[String], close: &str, indent: usize) -> String {
    let inner = indent + TAB;
    let length: usize = items.iter().map(|item| inner + item.len() + 2).sum();
    let mut out = String::with_capacity(open.len() + length + indent + close.len() + 1);
    out.push_str(open);
    for item in items {
        new_line(&mut out, inner);
        out.push_str(item);
        out.push(',');
    }
    new_line(&mut out, indent);
    out.push_str(close);
    out
}

/// As many items on a line as it takes.
fn filled(open: &str, items: &[String], close: &str, indent: usize) -> String {
    let inner = indent + TAB;
    let mut out = open.to_owned();
    let mut column = WIDTH;
    for item in items {
        if column + 1 + item.len() + 1 > WIDTH {
            new_line(&mut out, inner);
            column = inner + item.len() + 1;
        } else {
            out.push(' ');
            column += item.len() + 2;
        }
        out.push_str(item);
        out.push(',');
    }
    new_line(&mut out, indent);
    out.push_str(close);
    out
}
