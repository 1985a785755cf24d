//! The text that is printed so far. Line breaks are kept back until something follows them, so that no line ends in
//! blanks and the end of the text is never an empty line.

/// A text with its last line's width.
#[derive(Debug, Default)]
pub(super) struct Output {
    text: String,
    /// Characters on the last line.
    column: usize,
    /// Line breaks that come before whatever is written next, and the indentation after them.
    breaks: usize,
    indent: usize,
    /// Nothing but the end of a comment of several lines stands on the last line.
    comment_alone: bool,
}

/// A place to go back to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    length: usize,
    column: usize,
    breaks: usize,
    comment_alone: bool,
}

impl Output {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            ..Self::default()
        }
    }

    /// What comes next begins a line.
    pub(super) fn line(&mut self, indent: usize) {
        self.breaks = self.breaks.max(1);
        self.indent = indent;
    }

    /// What comes next begins a line behind an empty one.
    pub(super) fn blank_line(&mut self, indent: usize) {
        self.breaks = 2;
        self.indent = indent;
    }

    /// Whether what comes next begins a line.
    pub(super) fn is_at_line_start(&self) -> bool {
        self.breaks > 0 || self.text.is_empty()
    }

    /// The column at which the next character would stand.
    pub(super) fn column(&self) -> usize {
        if self.breaks > 0 { self.indent } else { self.column }
    }

    /// Writes a text of one line, `width` characters wide.
    pub(super) fn write(&mut self, text: &str, width: usize) {
        self.begin_line();
        self.text.push_str(text);
        self.column += width;
        self.comment_alone = false;
    }

    /// Writes a blank, unless a line begins here.
    pub(super) fn space(&mut self) {
        if !self.is_at_line_start() {
            self.text.push(' ');
            self.column += 1;
        }
    }

    /// Writes a text of several lines. All but the first keep their indentation.
    pub(super) fn write_lines(&mut self, text: &str) {
        self.begin_line();
        for (number, line) in text.split('\n').enumerate() {
            let line = line.trim_end();
            if number > 0 {
                self.text.push('\n');
                self.column = 0;
                self.comment_alone = true;
            }
            self.text.push_str(line);
            self.column += line.chars().count();
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            length: self.text.len(),
            column: self.column,
            breaks: self.breaks,
            comment_alone: self.comment_alone,
        }
    }

    /// Whether nothing but the end of a comment of several lines stands before what comes next.
    pub(super) fn is_behind_comment_alone(&self) -> bool {
        self.comment_alone && self.breaks == 0
    }

    /// Forgets what was written since the mark was made.
    pub(super) fn back(&mut self, mark: Mark) {
        self.text.truncate(mark.length);
        self.column = mark.column;
        self.breaks = mark.breaks;
        self.comment_alone = mark.comment_alone;
    }

    /// The text with one line break at its end.
    pub(super) fn finish(mut self) -> String {
        self.text.push('\n');
        self.text
    }

    fn begin_line(&mut self) {
        if self.breaks == 0 {
            return;
        }
        if !self.text.is_empty() {
            self.text.extend(std::iter::repeat_n('\n', self.breaks));
        }
        self.text.extend(std::iter::repeat_n(' ', self.indent));
        self.breaks = 0;
        self.column = self.indent;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_begin_when_something_follows() {
        let mut output = Output::default();
        output.blank_line(0);
        output.write("a", 1);
        output.blank_line(4);
        output.line(2);
        assert_eq!(output.column(), 2);
        output.space();
        output.write("b", 1);
        output.space();
        output.write_lines("/* c  \n      ü */");
        assert_eq!(output.column(), 10);
        let mark = output.mark();
        output.line(0);
        output.write("gone", 4);
        output.back(mark);
        output.line(0);
        assert_eq!(output.finish(), "a\n\n  b /* c\n      ü */\n");
    }
}
