//! A page goes in; its fenced blocks come out, each with what its info string says is to be held against it.

/// A part of a page.
pub(crate) enum Part {
    /// Lines between blocks.
    Text(String),
    /// A fenced block.
    Block(Block),
}

/// A fenced block.
pub(crate) struct Block {
    /// The line of the opening fence, from 1.
    pub(crate) line: usize,
    /// What stands behind the opening fence.
    pub(crate) info: String,
    /// The lines inside.
    pub(crate) text: String,
}

/// What a block is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// A schema, compiled and formatted.
    Schema(Schema),
    /// A schema that the next block shows formatted.
    Written,
    /// What the formatter makes of the block before.
    Becomes,
    /// Commands with what they print, run in the folder of the page's files; the group is a folder of its own.
    Console { group: String },
    /// Nothing that can be tried, or is tried elsewhere.
    Other,
}

/// A schema of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Schema {
    /// The name it is written under; without one, it stands alone.
    pub(crate) file: Option<String>,
    /// The folder it is in.
    pub(crate) group: String,
    /// The codes of its diagnostics, in their order.
    pub(crate) wrong: Vec<String>,
}

/// Languages of blocks that are only read.
const READ: &[&str] = &[
    "text",
    "sh",
    "toml",
    "yaml",
    "json",
    "proto",
    "capnp",
    "thrift",
    "webidl",
    "python",
    "typescript",
    "kotlin",
    "swift",
];

/// The parts of a page, so that they make the page again, and what is wrong with its fences.
pub(crate) fn parts(page: &str) -> (Vec<Part>, Vec<String>) {
    let mut parts = Vec::new();
    let mut mistakes = Vec::new();
    let mut text = String::new();
    let mut block: Option<Block> = None;
    for (at, line) in page.split_inclusive('\n').enumerate() {
        let fence = line.trim_end().strip_prefix("```");
        match (&mut block, fence) {
            (Some(open), None) => open.text.push_str(line),
            (Some(_), Some("")) => parts.extend(block.take().map(Part::Block)),
            (Some(_), Some(_)) => mistakes.push(format!("line {}: a block opens inside another", at + 1)),
            (None, Some(info)) => {
                parts.push(Part::Text(std::mem::take(&mut text)));
                block = Some(Block {
                    line: at + 1,
                    info: info.to_owned(),
                    text: String::new(),
                });
            }
            (None, None) => {
                if line.trim_start().starts_with("```") {
                    mistakes.push(format!("line {}: a fence is indented, and so not seen", at + 1));
                }
                text.push_str(line);
            }
        }
    }
    if let Some(open) = block {
        mistakes.push(format!("line {}: the block has no end", open.line));
    }
    parts.push(Part::Text(text));
    (parts, mistakes)
}

/// The page that these parts make.
pub(crate) fn page(parts: &[Part]) -> String {
    let text = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Block(block) => format!("```{}\n{}```\n", block.info, block.text),
    };
    parts.iter().map(text).collect()
}

/// What an info string says, or why it says nothing.
pub(crate) fn role(info: &str) -> Result<Role, String> {
    let mut words = info.split(',');
    let language = words.next().unwrap_or_default();
    let words: Vec<&str> = words.collect();
    let unknown = |word: &str| {
        Err(format!(
            "`{word}` in `{info}` means nothing to the test of the book"
        ))
    };
    match (language, words.as_slice()) {
        ("aster", ["written"]) => Ok(Role::Written),
        ("aster", ["becomes"]) => Ok(Role::Becomes),
        ("aster", words) => {
            let mut schema = Schema::default();
            for word in words {
                match word.split_once('=') {
                    Some(("file", file)) => schema.file = Some(file.to_owned()),
                    Some(("group", group)) => group.clone_into(&mut schema.group),
                    Some(("wrong", code)) => schema.wrong.push(code.to_owned()),
                    _ => return unknown(word),
                }
            }
            if schema.file.is_none() && !schema.group.is_empty() {
                return Err(format!("`{info}` has a group and no file"));
            }
            Ok(Role::Schema(schema))
        }
        ("console", []) => Ok(Role::Console { group: String::new() }),
        ("console", [word]) => match word.strip_prefix("group=") {
            Some(group) => Ok(Role::Console {
                group: group.to_owned(),
            }),
            None => unknown(word),
        },
        ("rust", [] | ["no_run" | "compile_fail" | "ignore"]) => Ok(Role::Other),
        (language, []) if READ.contains(&language) => Ok(Role::Other),
        (language, []) => unknown(language),
        (_, [word, ..]) => unknown(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_page_make_the_page() {
        let text = "# A\n\n```aster\npackage a;\n```\n\n```sh\n```\nend\n";
        let (found, mistakes) = parts(text);
        assert_eq!(page(&found), text);
        assert_eq!(mistakes, [""; 0]);
    }

    #[test]
    fn fences_that_would_not_be_seen_are_mistakes() {
        for text in ["```aster\n", " ```aster\n", "```aster\n```sh\n```\n"] {
            assert_eq!(parts(text).1.len(), 1, "{text}");
        }
    }

    #[test]
    fn an_info_string_nobody_knows_is_refused() {
        for info in [
            "",
            "astre",
            "aster,wrnog=x",
            "aster,fragment",
            "aster,group=a",
            "console,x",
            "rust,should_panic",
            "sh,x",
        ] {
            assert!(role(info).is_err(), "{info}");
        }
        let schema = Schema {
            file: Some("a.aster".to_owned()),
            group: "g".to_owned(),
            wrong: vec!["x".to_owned(), "y".to_owned()],
        };
        assert_eq!(
            role("aster,file=a.aster,group=g,wrong=x,wrong=y"),
            Ok(Role::Schema(schema))
        );
    }
}
