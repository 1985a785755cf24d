//! Line breaks as `ruff format` makes them with its default configuration, for the few shapes of code that are generated.

use unicode_width::UnicodeWidthStr;

/// Columns of a line.
pub(super) const WIDTH: usize = 88;
const TAB: usize = 4;

/// An expression, before its lines are broken.
#[derive(Clone, Debug)]
pub(super) enum Expr {
    /// What is never broken.
    Text(String),
    /// `function(argument, name=argument)`
    Call {
        function: String,
        arguments: Vec<Argument>,
    },
    /// `base[item, item]`
    Subscript { base: String, items: Vec<Expr> },
    /// `one | other`
    Union(Vec<Expr>),
    /// `(item, item)`, with each on its own line where there are several.
    Tuple(Vec<Expr>),
    /// `{"key": "value"}`
    Dict(Vec<String>),
    /// Literals that are one when they stand below each other; never none.
    Pieces(Vec<String>),
}

/// An argument of a call, with its name where it is given by name.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    name: Option<String>,
    value: Expr,
}

impl Argument {
    pub(super) fn plain(value: Expr) -> Self {
        Self { name: None, value }
    }

    pub(super) fn named(name: impl Into<String>, value: Expr) -> Self {
        Self {
            name: Some(name.into()),
            value,
        }
    }

    fn before(&self) -> String {
        self.name
            .as_ref()
            .map_or_else(String::new, |name| format!("{name}="))
    }

    fn line(&self) -> Option<String> {
        Some(self.before() + &self.value.line()?)
    }
}

impl Expr {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn call(function: impl Into<String>, arguments: Vec<Argument>) -> Self {
        Self::Call {
            function: function.into(),
            arguments,
        }
    }

    pub(super) fn subscript(base: impl Into<String>, items: Vec<Expr>) -> Self {
        Self::Subscript {
            base: base.into(),
            items,
        }
    }

    /// The expression in one line, unless it always has several.
    pub(super) fn line(&self) -> Option<String> {
        let joined = |items: &[Expr], by: &str| -> Option<String> {
            let lines: Option<Vec<String>> = items.iter().map(Expr::line).collect();
            Some(lines?.join(by))
        };
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Call { function, arguments } => {
                let lines: Option<Vec<String>> = arguments.iter().map(Argument::line).collect();
                Some(format!("{function}({})", lines?.join(", ")))
            }
            Self::Subscript { base, items } => Some(format!("{base}[{}]", joined(items, ", ")?)),
            Self::Union(members) => joined(members, " | "),
            Self::Tuple(items) => match items.as_slice() {
                [] => Some("()".to_owned()),
                [item] => Some(format!("({},)", item.line()?)),
                _ => None,
            },
            Self::Dict(items) => Some(format!("{{{}}}", items.join(", "))),
            Self::Pieces(pieces) => match pieces.as_slice() {
                [piece] => Some(piece.clone()),
                _ => None,
            },
        }
    }

    /// The expression at `column` of a line that begins at `indent`, with `after` columns to follow.
    pub(super) fn print(&self, indent: usize, column: usize, after: usize) -> String {
        if let Some(line) = self.line()
            && column + width(&line) + after <= WIDTH
        {
            return line;
        }
        let inner = indent + TAB;
        match self {
            Self::Text(text) => text.clone(),
            Self::Call { function, arguments } => {
                let lines: Option<Vec<String>> = arguments.iter().map(Argument::line).collect();
                if let Some(lines) = lines {
                    let line = lines.join(", ");
                    if inner + width(&line) <= WIDTH {
                        return enclosed(&format!("{function}("), &[line], "", ")", indent);
                    }
                }
                let arguments: Vec<String> = arguments
                    .iter()
                    .map(|argument| {
                        let before = argument.before();
                        let value = argument.value.print(inner, inner + width(&before), 1);
                        before + &value
                    })
                    .collect();
                enclosed(&format!("{function}("), &arguments, ",", ")", indent)
            }
            Self::Subscript { base, items } => {
                let open = format!("{base}[");
                if let Some(line) = items.iter().map(Expr::line).collect::<Option<Vec<_>>>() {
                    let line = line.join(", ");
                    if inner + width(&line) <= WIDTH {
                        return enclosed(&open, &[line], "", "]", indent);
                    }
                }
                // one item with a comma behind it would be a tuple
                let comma = if items.len() > 1 { "," } else { "" };
                let items: Vec<String> = items
                    .iter()
                    .map(|item| item.print(inner, inner, comma.len()))
                    .collect();
                enclosed(&open, &items, comma, "]", indent)
            }
            Self::Union(members) => operands(members, indent, after),
            Self::Tuple(items) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|item| match item {
                        Self::Pieces(pieces) if pieces.len() > 1 => enclosed("(", pieces, "", ")", inner),
                        item => item.print(inner, inner, 1),
                    })
                    .collect();
                enclosed("(", &items, ",", ")", indent)
            }
            Self::Dict(items) => {
                let line = items.join(", ");
                match inner + width(&line) <= WIDTH {
                    true => enclosed("{", &[line], "", "}", indent),
                    false => enclosed("{", items, ",", "}", indent),
                }
            }
            Self::Pieces(pieces) => {
                let mut out = String::new();
                for (index, piece) in pieces.iter().enumerate() {
                    if index > 0 {
                        new_line(&mut out, indent);
                    }
                    out.push_str(piece);
                }
                out
            }
        }
    }
}

/// `head = value`, at an indentation of `indent`.
pub(super) fn assign(head: &str, value: &Expr, indent: usize) -> String {
    assign_before(head, value, indent, 0)
}

/// As [`assign`], with `after` columns to follow.
fn assign_before(head: &str, value: &Expr, indent: usize, after: usize) -> String {
    let before = format!("{head} = ");
    let line = value.line();
    if let Some(line) = &line
        && indent + width(&before) + width(line) + after <= WIDTH
    {
        return before + line;
    }
    let inner = indent + TAB;
    let fits = line.as_ref().is_some_and(|line| inner + width(line) <= WIDTH);
    match (value, line) {
        (Expr::Text(_) | Expr::Union(_) | Expr::Pieces(_), Some(line)) if fits => {
            enclosed(&format!("{before}("), &[line], "", ")", indent)
        }
        (Expr::Union(members), _) => {
            let members = operands(members, inner, 0);
            enclosed(&format!("{before}("), &[members], "", ")", indent)
        }
        (Expr::Pieces(pieces), None) => enclosed(&format!("{before}("), pieces, "", ")", indent),
        (value, _) => {
            let column = indent + width(&before);
            before + &value.print(indent, column, after)
        }
    }
}

/// `name(base)` of a class, with the colon to follow.
pub(super) fn class_head(name: &str, base: String) -> String {
    let head = Expr::call(name, vec![Argument::plain(Expr::Text(base))]);
    head.print(0, "class ".len(), 1)
}

/// `name: ty`, or `name: ty = value`, at an indentation of `indent`, with `after` columns to follow.
pub(super) fn annotate(name: &str, ty: &Expr, value: Option<&Expr>, indent: usize, after: usize) -> String {
    let before = format!("{name}: ");
    let column = indent + width(&before);
    let Some(value) = value else {
        return before + &print_type(ty, indent, column, after);
    };
    if let (Some(ty), Some(value)) = (ty.line(), value.line()) {
        let line = format!("{before}{ty} = {value}");
        if indent + width(&line) + after <= WIDTH {
            return line;
        }
    }
    let ty = print_type(ty, indent, column, " = (".len());
    if ty.contains('\n') {
        let column = width(ty.lines().last().unwrap_or_default()) + " = ".len();
        return format!("{before}{ty} = {}", value.print(indent, column, after));
    }
    assign_before(&format!("{before}{ty}"), value, indent, after)
}

/// A type behind a colon or an arrow: what has operators gets parentheses where it does not fit.
fn print_type(ty: &Expr, indent: usize, column: usize, after: usize) -> String {
    let inner = indent + TAB;
    match (ty, ty.line()) {
        (_, Some(line)) if column + width(&line) + after <= WIDTH => line,
        (Expr::Text(text), _) if inner + width(text) > WIDTH => text.clone(),
        (Expr::Union(_) | Expr::Text(_), _) => enclosed("(", &[ty.print(inner, inner, 0)], "", ")", indent),
        (ty, _) => ty.print(indent, column, after),
    }
}

/// Operands on lines of their own.
fn operands(members: &[Expr], indent: usize, after: usize) -> String {
    let mut out = String::new();
    for (index, member) in members.iter().enumerate() {
        let mut column = indent;
        if index > 0 {
            new_line(&mut out, indent);
            out.push_str("| ");
            column += 2;
        }
        let after = if index + 1 == members.len() { after } else { 0 };
        out.push_str(&member.print(indent, column, after));
    }
    out
}

/// `before(parameters) -> result:` at an indentation of `indent`, with `after` columns to follow. A parameter is printed at
/// the indentation it is given.
pub(super) fn signature(
    before: &str,
    parameters: &[impl Fn(usize) -> String],
    result: &Expr,
    indent: usize,
    after: usize,
) -> String {
    let in_line: Vec<String> = parameters.iter().map(|parameter| parameter(0)).collect();
    if let Some(result) = result.line() {
        let line = format!("{before}({}) -> {result}:", in_line.join(", "));
        if !line.contains('\n') && indent + width(&line) + after <= WIDTH {
            return line;
        }
    }
    let parameters: Vec<String> = parameters
        .iter()
        .map(|parameter| parameter(indent + TAB))
        .collect();
    let result = print_type(result, indent, indent + ") -> ".len(), ":".len() + after);
    enclosed(
        &format!("{before}("),
        &parameters,
        ",",
        &format!(") -> {result}:"),
        indent,
    )
}

/// Columns of a text.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// One item on each line, one level deeper than `indent`.
pub(super) fn enclosed(open: &str, items: &[String], comma: &str, close: &str, indent: usize) -> String {
    let mut out = open.to_owned();
    for item in items {
        new_line(&mut out, indent + TAB);
        out.push_str(item);
        out.push_str(comma);
    }
    new_line(&mut out, indent);
    out.push_str(close);
    out
}

/// Begins a line at a column.
pub(super) fn new_line(out: &mut String, column: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', column));
}
