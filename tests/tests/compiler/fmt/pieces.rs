//! Cuts a text into tokens and comments, in another way than the formatter does, and puts other blanks between them.

/// A token or a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece<'s> {
    pub(super) text: &'s str,
    /// Line breaks before it.
    breaks: usize,
}

impl Piece<'_> {
    pub(super) fn is_comment(&self) -> bool {
        self.text.starts_with("//") || self.text.starts_with("/*")
    }

    fn is_line_comment(&self) -> bool {
        self.text.starts_with("//")
    }

    /// The piece as the formatter prints it.
    pub(super) fn normal(&self) -> String {
        if !self.is_comment() {
            return self.text.to_owned();
        }
        let lines: Vec<&str> = self.text.lines().map(str::trim_end).collect();
        let text = lines.join("\n");
        let is_docs = text.starts_with("///") && !text.starts_with("////") || text.starts_with("//!");
        match text.get(3..) {
            Some(line) if is_docs && !line.is_empty() && !line.starts_with(' ') => {
                format!("{} {line}", &text[..3])
            }
            _ => text,
        }
    }
}

/// The tokens and comments of a text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let begun = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let breaks = rest[..rest.len() - begun.len()].matches('\n').count();
        if begun.is_empty() {
            return pieces;
        }
        let (text, after) = begun.split_at(length(begun));
        pieces.push(Piece { text, breaks });
        rest = after;
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}

/// The length of the piece at the beginning of a text.
fn length(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        let (mut at, mut open) = (0, 0);
        while at < text.len() {
            match &text.as_bytes()[at..] {
                [b'/', b'*', ..] => open += 1,
                [b'*', b'/', ..] => open -= 1,
                _ => {
                    at += 1;
                    continue;
                }
            }
            at += 2;
            if open == 0 {
                break;
            }
        }
        return at;
    }
    if let Some(string) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = string.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        return end.map_or(text.len(), |end| end + 2);
    }
    if text.starts_with("->") {
        return 2;
    }
    let head = text.len() - text.trim_start_matches(['@', '-']).len();
    let body = &text[head.min(1)..];
    if !body.starts_with(is_word) || text.starts_with('-') && !body.starts_with(|c: char| c.is_ascii_digit())
    {
        return text.chars().next().map_or(0, char::len_utf8);
    }
    let number = body.starts_with(|c: char| c.is_ascii_digit());
    let mut characters = body.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|&(_, next)| next);
        let goes_on = match c {
            '.' if number => next.is_some_and(|next| next.is_ascii_digit()),
            '.' => next.is_some_and(is_word),
            '+' | '-' => {
                number && matches!(before, 'e' | 'E') && next.is_some_and(|next| next.is_ascii_digit())
            }
            c => is_word(c),
        };
        if !goes_on {
            return head.min(1) + at;
        }
        before = c;
    }
    text.len()
}

/// Whether two tokens would be one without a blank between them.
fn are_one(before: &str, after: &str) -> bool {
    before.ends_with(is_word) && after.starts_with(is_word)
}

/// The text with other blanks between its pieces: comments stay on their lines, empty lines where they are.
pub(super) fn with_blanks(text: &str, blanks: &[&str]) -> String {
    let mut out = String::new();
    let mut blanks = blanks.iter().cycle();
    let mut before: Option<Piece<'_>> = None;
    for piece in pieces(text) {
        let blank = blanks.next().unwrap();
        let commented = piece.is_comment() || before.is_some_and(|before| before.is_comment());
        let start = out.len();
        match piece.breaks {
            0 | 1 if !commented => out.push_str(blank),
            0 => out.push_str(&blank.replace('\n', "")),
            1 => out.push_str(&format!("{}\n", blank.replace('\n', ""))),
            _ => out.push_str(&format!("\n{blank}\n{blank}")),
        }
        if out.len() == start && before.is_some_and(|before| are_one(before.text, piece.text)) {
            out.push(' ');
        }
        out.push_str(piece.text);
        before = Some(piece);
    }
    out.push_str(blanks.next().unwrap());
    out
}

/// What is put between two tokens: blanks, a comment or nothing, blanks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filling {
    pub(super) before: &'static str,
    pub(super) comment: &'static str,
    pub(super) after: &'static str,
}

/// The text with fillings before some of its pieces and at its end, behind the blanks that are there or before them.
pub(super) fn with_fillings(text: &str, fillings: &[(proptest::sample::Index, bool, Filling)]) -> String {
    let pieces = pieces(text);
    let mut out = String::new();
    for at in 0..=pieces.len() {
        let blank = match pieces.get(at).map(|piece| piece.breaks) {
            Some(0) if at == 0 || !are_one(pieces[at - 1].text, pieces[at].text) => "",
            Some(0) => " ",
            Some(1) | None => "\n",
            Some(_) => "\n\n",
        };
        let mut here = fillings
            .iter()
            .filter(|(place, ..)| place.index(pieces.len() + 1) == at)
            .peekable();
        let behind = here.peek().is_some_and(|(_, behind, _)| *behind);
        // A line comment of the text has to end.
        let behind = behind || at > 0 && pieces[at - 1].is_line_comment();
        if behind {
            out.push_str(blank);
        }
        for (_, _, filling) in here {
            out.push_str(filling.before);
            out.push_str(filling.comment);
            if filling.comment.starts_with("//") {
                out.push('\n');
            }
            out.push_str(filling.after);
        }
        if !behind {
            out.push_str(blank);
        }
        out.push_str(pieces.get(at).map_or("", |piece| piece.text));
    }
    out
}
