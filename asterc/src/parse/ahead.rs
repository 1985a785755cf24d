//! Which files a text imports, before it is parsed: a guess, so that all files are at hand when parsing begins.

use super::literal;

/// The paths behind the imports at the top of a text, as far as they are plain. What this misses, or finds too much, is
/// settled by the imports that parsing finds.
pub(crate) fn imports(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = skip_blanks(source);
    loop {
        let word = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (word, after) = rest.split_at(word);
        if !matches!(word, "package" | "import") {
            return found;
        }
        let statement = skip_blanks(after);
        if word == "import"
            && let Some(inner) = statement.strip_prefix('"')
            && let Some(end) = inner.find(['"', '\n'])
            && let Ok(path) = literal::string(&statement[..end + 2])
        {
            found.push(path);
        }
        match statement.find(';') {
            Some(end) => rest = skip_blanks(&statement[end + 1..]),
            None => return found,
        }
    }
}

/// The text without the white space and comments it begins with.
fn skip_blanks(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let end = if rest.starts_with("//") {
            rest.find('\n')
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else {
            return rest;
        };
        rest = end.map_or("", |end| rest[end..].trim_start());
    }
}

/// Where the comment that a text begins with ends.
fn block_comment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(pair) = bytes.get(at..at + 2) {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::imports;

    #[test]
    fn finds_the_imports_at_the_top() {
        let text = "//! Docs \"a\"; import \"no\";\n/* /* import \"no\"; */ */ package a.b;\nimport \"x/y.aster\";\n// c\nimport /**/ \"z.aster\" as z;\nmessage M {}\nimport \"late.aster\";";
        assert_eq!(imports(text), ["x/y.aster", "z.aster"]);
    }

    #[test]
    fn any_text_ends() {
        for text in [
            "",
            "import",
            "import \"",
            "import \"a",
            "/*",
            "/*/",
            "package",
            "import \"a\"",
            "import \"\\q\";",
            "é",
            "import \"é",
            "//",
        ] {
            assert!(imports(text).len() <= 1, "{text}");
        }
    }
}
