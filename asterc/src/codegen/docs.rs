//! Documentation of a schema as Markdown that no tool trips over.
//!
//! What enters is whatever somebody wrote behind `///`; what leaves are lines for a comment of the
//! generated code. Text, emphasis, lists, quotes, tables, code and links to web pages survive;
//! everything that a documentation tool would resolve, run or take for HTML is shown as it was
//! written.

/// The article that goes before a name. A `U` is mostly that of a user, so that it has none of the others'. What is spelt, as in `S3` or
/// `HTTPRoute`, goes by the name of its first letter.
pub(crate) fn article(name: &str) -> &'static str {
    let spelt = !name.chars().nth(1).is_some_and(char::is_lowercase);
    let vowels = match spelt {
        true => &['A', 'E', 'F', 'H', 'I', 'L', 'M', 'N', 'O', 'R', 'S', 'X'][..],
        false => &['A', 'E', 'I', 'O'],
    };
    match name.starts_with(vowels) {
        true => "an",
        false => "a",
    }
}

/// The lines of `text`, none of which begins or ends with a blank one, for rustdoc.
pub(crate) fn rustdoc(text: &str) -> Vec<String> {
    markdown(text, inline)
}

/// The lines of `text`, none of which begins or ends with a blank one, for TSDoc: nothing is a tag, and nothing ends the
/// comment.
pub(crate) fn tsdoc(text: &str) -> Vec<String> {
    let mut lines = markdown(text, |text| escape_tags(&inline(text)));
    for line in &mut lines {
        if line.contains("*/") {
            *line = line.replace("*/", "*\\/");
        }
    }
    lines
}

fn markdown(text: &str, inline: fn(&str) -> String) -> Vec<String> {
    let mut out = Lines::new(inline);
    for line in text.lines() {
        out.line(&clean(line));
    }
    out.finish()
}

/// The lines of `text` as they were written, none of which begins or ends with a blank one; what all but the first are
/// indented by is taken away.
pub(crate) fn plain(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(clean).skip_while(String::is_empty).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let indent = |line: &String| line.len() - line.trim_start().len();
    let rest = lines.iter().skip(1).filter(|line| !line.is_empty());
    let common = rest.map(indent).min().unwrap_or(0);
    for (index, line) in lines.iter_mut().enumerate() {
        let blanks = if index == 0 {
            indent(line)
        } else {
            common.min(line.len())
        };
        line.drain(..blanks);
    }
    lines
}

/// Tabs, returns and other control characters as spaces; characters that turn the text around, or
/// that nobody sees, as entities.
fn clean(line: &str) -> String {
    if line.bytes().all(|c| matches!(c, b' '..=b'~')) {
        return line.trim_end().to_owned();
    }
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => out.push_str("    "),
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => {
                out.push_str(&format!("&#x{:x};", u32::from(c)));
            }
            _ if c.is_control() || c.is_whitespace() => out.push(' '),
            _ => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

struct Lines {
    /// Escapes what is not plain text, code or a link to a web page.
    inline: fn(&str) -> String,
    out: Vec<String>,
    /// The fence that ends the code block we are in.
    fence: Option<String>,
    /// Columns where the contents of the open lists begin.
    lists: Vec<usize>,
    /// Whether the last line was part of a quote.
    quote: bool,
}

impl Lines {
    fn new(inline: fn(&str) -> String) -> Self {
        Self {
            inline,
            out: Vec::new(),
            fence: None,
            lists: Vec::new(),
            quote: false,
        }
    }

    fn line(&mut self, line: &str) {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if let Some(fence) = &self.fence {
            if text.starts_with(fence.as_str()) && text.trim_start_matches(&fence[..1]).is_empty() {
                let end = fence.clone();
                self.fence = None;
                self.push(&end);
            } else {
                let inside = self.column().min(indent);
                self.push(&line[inside..]);
            }
            return;
        }
        if text.is_empty() {
            self.blank();
            return;
        }
        if let Some(fence) = fence(text) {
            self.leave_lists(indent);
            self.push(&format!("{}{}", fence, code_language(&text[fence.len()..])));
            self.fence = Some(fence.to_owned());
            return;
        }
        if let Some((marker, rest)) = list_marker(text) {
            while self.lists.last().is_some_and(|&column| indent < column) {
                self.lists.pop();
            }
            let column = self.column();
            self.separate_from_quote(false);
            self.out
                .push(format!("{:column$}{marker} {}", "", (self.inline)(rest)));
            self.lists.push(column + marker.len() + 1);
            return;
        }
        self.leave_lists(indent);
        let quoted = text.starts_with('>');
        self.separate_from_quote(quoted);
        let text = match text.strip_prefix('>') {
            Some(rest) => format!("> {}", (self.inline)(rest.trim_start_matches(['>', ' '])))
                .trim_end()
                .to_owned(),
            None => (self.inline)(text),
        };
        self.push(&text);
    }

    fn blank(&mut self) {
        self.quote = false;
        if self.out.last().is_some_and(|last| !last.is_empty()) {
            self.out.push(String::new());
        }
    }

    /// A line behind a blank one belongs to the lists it is indented for; a lazy one to the last.
    fn leave_lists(&mut self, indent: usize) {
        if self.out.last().is_none_or(String::is_empty) {
            while self.lists.last().is_some_and(|&column| indent < column) {
                self.lists.pop();
            }
        }
    }

    /// A quote ends where its marks end.
    fn separate_from_quote(&mut self, quoted: bool) {
        if self.quote && !quoted {
            self.blank();
        }
        self.quote = quoted;
    }

    fn column(&self) -> usize {
        self.lists.last().copied().unwrap_or(0)
    }

    fn push(&mut self, text: &str) {
        let column = if text.is_empty() { 0 } else { self.column() };
        self.out.push(format!("{:column$}{text}", ""));
    }

    fn finish(mut self) -> Vec<String> {
        if let Some(fence) = self.fence.take() {
            self.push(&fence);
        }
        while self.out.last().is_some_and(String::is_empty) {
            self.out.pop();
        }
        self.out
    }
}

fn fence(text: &str) -> Option<&str> {
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = text.len() - text.trim_start_matches(mark).len();
    (length >= 3 && !text[length..].contains('`')).then(|| &text[..length])
}

/// The language of a code block: never one that rustdoc would compile.
fn code_language(info: &str) -> &str {
    let word = info.trim().split([' ', ',', '{']).next().unwrap_or_default();
    const SHOWN: [&str; 13] = [
        "aster",
        "bash",
        "console",
        "css",
        "html",
        "http",
        "json",
        "python",
        "sh",
        "sql",
        "toml",
        "typescript",
        "yaml",
    ];
    SHOWN
        .iter()
        .find(|known| **known == word)
        .copied()
        .unwrap_or("text")
}

fn list_marker(text: &str) -> Option<(&str, &str)> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let marker = match digits {
        0 if text.starts_with(['-', '*', '+']) => 1,
        1..=9 if text[digits..].starts_with(['.', ')']) => digits + 1,
        _ => return None,
    };
    let rest = text[marker..].strip_prefix(' ')?.trim_start();
    (!rest.is_empty()).then_some((&text[..marker], rest))
}

/// Escapes what is not plain text, code or a link to a web page.
fn inline(text: &str) -> String {
    // the colon is for links
    let special = |c: u8| matches!(c, b'`' | b'\\' | b'<' | b'>' | b'[' | b']' | b':');
    if !text.bytes().any(special) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    let mut after_word = false;
    while let Some(c) = rest.chars().next() {
        let used = match c {
            '`' => code_span(rest).inspect(|span| out.push_str(span)).map(str::len),
            '\\' => rest
                .chars()
                .nth(1)
                .filter(char::is_ascii_punctuation)
                .map(|next| {
                    out.extend(['\\', next]);
                    2
                }),
            '<' => web_link(&rest[1..])
                .filter(|url| rest[1 + url.len()..].starts_with('>'))
                .inspect(|url| out.push_str(&format!("<{url}>")))
                .map(|url| url.len() + 2),
            '[' => inline_link(rest).map(|(label, url, used)| {
                out.push_str(&format!("[{}]({url})", inline_label(label)));
                used
            }),
            'h' if !after_word => web_link(rest).map(|url| {
                let url = url.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'', '"', '*', '_']);
                out.push_str(&format!("<{url}>"));
                url.len()
            }),
            _ => None,
        };
        let used = used.unwrap_or_else(|| {
            if matches!(c, '`' | '<' | '>' | '[' | ']' | '\\') {
                out.push('\\');
            }
            out.push(c);
            c.len_utf8()
        });
        after_word = c.is_alphanumeric();
        rest = &rest[used..];
    }
    out
}

/// Escapes what would begin a tag of TSDoc, outside of code and of links.
fn escape_tags(text: &str) -> String {
    if !text.contains(['@', '{', '}']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let kept = match c {
            '\\' => Some(1 + rest[1..].chars().next().map_or(0, char::len_utf8)),
            '`' => code_span(rest).map(str::len),
            _ => None,
        };
        if kept.is_none() && matches!(c, '@' | '{' | '}') {
            out.push('\\');
        }
        let kept = kept.unwrap_or(c.len_utf8());
        out.push_str(&rest[..kept]);
        rest = &rest[kept..];
    }
    out
}

/// A label is text in which no link begins.
fn inline_label(label: &str) -> String {
    let mut out = String::new();
    for c in label.chars() {
        if matches!(c, '<' | '>' | '`' | '[' | ']' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// `` `code` ``, as it stands.
fn code_span(text: &str) -> Option<&str> {
    let ticks = text.len() - text.trim_start_matches('`').len();
    let mut from = ticks;
    while let Some(at) = text[from..].find('`') {
        let start = from + at;
        let run = text[start..].len() - text[start..].trim_start_matches('`').len();
        if run == ticks {
            return Some(&text[..start + run]);
        }
        from = start + run;
    }
    None
}

/// `[label](https://…)` with its label, its address and its length.
fn inline_link(text: &str) -> Option<(&str, &str, usize)> {
    let close = text.find("](")?;
    let label = &text[1..close];
    let url = web_link(&text[close + 2..])?;
    let url = &url[..url.find(')').unwrap_or(url.len())];
    let used = close + 2 + url.len();
    (!label.contains('[') && text[used..].starts_with(')')).then_some((label, url, used + 1))
}

fn web_link(text: &str) -> Option<&str> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let scheme = text.len() - rest.len();
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '`' | '[' | ']' | '\\' | '|'));
    let end = end.unwrap_or(rest.len());
    (rest[..end].chars().any(char::is_alphanumeric)).then(|| &text[..scheme + end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(text: &str) -> String {
        rustdoc(text).join("\n")
    }

    #[test]
    fn an_article_is_that_of_what_is_said() {
        for name in ["Echo", "Orders", "S", "S3", "HTTPRoute", "M_1", "IdEntry"] {
            assert_eq!(article(name), "an", "{name}");
        }
        for name in ["Shop", "User", "U", "Kitchen", "K9", "Hour", "TLS"] {
            assert_eq!(article(name), "a", "{name}");
        }
    }

    #[test]
    fn plain_markdown_survives() {
        let text = "A *line* of `code<T>`.\n\n- one\n- two\n\n| a | b |\n|---|---|\n\n> said\n> so";
        assert_eq!(doc(text), text);
    }

    #[test]
    fn nothing_is_resolved_or_taken_for_html() {
        assert_eq!(
            doc("map<string, T> and [Foo] or [a](Foo::b)"),
            r"map\<string, T\> and \[Foo\] or \[a\](Foo::b)"
        );
        assert_eq!(doc("<script>"), r"\<script\>");
        assert_eq!(doc("one ` tick"), r"one \` tick");
        assert_eq!(doc(r"a\[b\] \q"), r"a\[b\] \\q");
    }

    #[test]
    fn links_to_the_web_stay_links() {
        assert_eq!(doc("see https://a.b/c?d."), "see <https://a.b/c?d>.");
        assert_eq!(doc("<https://a.b>"), "<https://a.b>");
        assert_eq!(
            doc("[x<y](https://a.b) (https://c.d)"),
            r"[x\<y](https://a.b) (<https://c.d>)"
        );
        assert_eq!(doc("http:// https://"), "http:// https://");
    }

    #[test]
    fn code_is_shown_and_never_run() {
        assert_eq!(doc("```\nlet a = <b>;\n```"), "```text\nlet a = <b>;\n```");
        assert_eq!(doc("```rust,no_run\nx\n"), "```text\nx\n```");
        assert_eq!(doc("~~~json\n{}\n~~~"), "~~~json\n{}\n~~~");
        assert_eq!(doc("text\n\n    indented()"), "text\n\nindented()");
    }

    #[test]
    fn continuation_lines_belong_where_they_stand() {
        assert_eq!(
            doc("- one\nlazy\n- two\n      far\n\nafter"),
            "- one\n  lazy\n- two\n  far\n\nafter"
        );
        assert_eq!(
            doc("1. one\n   - inner\n     more\n2. two"),
            "1. one\n   - inner\n     more\n2. two"
        );
        assert_eq!(doc("> quote\nafter"), "> quote\n\nafter");
    }

    #[test]
    fn no_character_turns_the_text_around() {
        assert_eq!(doc("a\u{202e}b\rc\td\0"), "a&#x202e;b c    d");
    }

    #[test]
    fn whatever_comes_in_has_an_answer() {
        for text in [
            "",
            "\n\n",
            "[](",
            "[](https://",
            "```",
            "- ",
            "<",
            "\\",
            "`",
            ">",
            "1.",
            "~~~~\n~~~\n",
            "é`é",
        ] {
            assert!(rustdoc(text).iter().all(|line| !line.contains(['\n', '\r'])));
        }
    }
}
